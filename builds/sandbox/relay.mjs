// Inside of a sandbox: 127.0.0.1:3128 → the socket of the proxy outside, which is the only way out.
//   node --import relay.mjs agent.mjs     relays within the agent's own process
//   node relay.mjs -- command …           relays beside the command, and ends as it does
import { spawn } from "node:child_process";
import http from "node:http";
import https from "node:https";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";

const PORT = 3128;
const HERE = new Set(["localhost", "127.0.0.1", "::1"]);

function outside(inner) {
  const outer = net.connect({ path: process.env.DEXTO_PROXY_SOCKET, allowHalfOpen: true });
  inner.on("error", () => outer.destroy());
  outer.on("error", () => inner.destroy());
  outer.once("data", sayRefusal);
  inner.on("close", () => outer.destroy());
  return outer;
}

// HTTP clients keep the proxy's words to themselves; the program's author needs them.
function sayRefusal(answer) {
  const [head, words] = answer.toString("latin1").split("\r\n\r\n", 2);
  if (head.startsWith("HTTP/1.1 403 ") && head.includes("\r\nDexto-Refused: ")) console.error(`Refused: ${words.trim()}`);
}

function relay(inner) {
  const outer = outside(inner);
  inner.pipe(outer);
  outer.pipe(inner);
}

// To one place, through the proxy: whether it may be reached is decided there.
function forward(place, inner) {
  const outer = outside(inner);
  let head = "";
  outer.write(`CONNECT ${place} HTTP/1.1\r\n\r\n`);
  outer.on("data", function answered(chunk) {
    head += chunk.toString("latin1");
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) return;
    outer.off("data", answered);
    if (!head.startsWith("HTTP/1.1 200")) return inner.destroy();
    inner.write(Buffer.from(head.slice(end + 4), "latin1"));
    inner.pipe(outer);
    outer.pipe(inner);
  });
}

// Drivers that speak no HTTP, such as a database's, connect to hosts that are not there: each place has a socket here that
// leads to it.
const doors = new Map();

function doorTo(host, port) {
  const place = `${net.isIPv6(host) ? `[${host}]` : host}:${port}`;
  if (!doors.has(place)) {
    const path = join(tmpdir(), `.way-${process.pid}-${doors.size}`);
    // Bound before `listen` returns: who connects now is heard.
    net.createServer({ allowHalfOpen: true }, (inner) => forward(place, inner)).listen(path).unref();
    doors.set(place, path);
  }
  return doors.get(place);
}

const isElsewhere = ({ host, path }) => !path && host && !HERE.has(host);

function openDoors() {
  const { connect } = net.Socket.prototype;
  net.Socket.prototype.connect = function (...words) {
    const [options, said] = Array.isArray(words[0]) ? words[0] : net._normalizeArgs(words);
    if (!isElsewhere(options)) return connect.apply(this, words);
    const { host, port, lookup: _lookup, ...rest } = options;
    return connect.call(this, { ...rest, path: doorTo(host, port) }, said);
  };
  // TLS's own sockets are made for TCP before they connect: they get one that has a door.
  const { connect: secure } = tls;
  tls.connect = function (...words) {
    const [given, said] = net._normalizeArgs(words);
    const options = Object.assign(given, ...words.filter((word) => typeof word === "object"));
    if (options.socket || !isElsewhere(options)) return secure.apply(this, words);
    const { host, port } = options;
    const servername = options.servername ?? (net.isIP(host) ? "" : host);
    return secure({ ...options, servername, socket: net.connect({ host, port }) }, said ?? undefined);
  };
  syncBuiltinESMExports();
}

function listening(port, answer) {
  const server = net.createServer({ allowHalfOpen: true }, answer);
  return new Promise((resolve, reject) => {
    server.once("listening", () => resolve(server));
    // A child of the agent inherits its options; the agent listens already.
    server.once("error", (error) => (error.code === "EADDRINUSE" ? resolve(server) : reject(error)));
    server.listen(port, "127.0.0.1");
    server.unref();
  });
}

// Node's own way (NODE_USE_ENV_PROXY) loads its HTTP client at the start, which takes 0.1 s: here it is loaded by the
// first request, which would load it anyway. Children get the variable.
function useProxyFromFirstRequest() {
  const places = [
    [globalThis, "fetch"],
    ...[http, https].flatMap((module) => [
      [module, "request"],
      [module, "get"],
    ]),
  ].map(([owner, name]) => [owner, name, owner[name]]);
  for (const [owner, name, original] of places) {
    owner[name] = function (...words) {
      for (const [each, called, before] of places) each[called] = before;
      syncBuiltinESMExports();
      http.setGlobalProxyFromEnv(process.env);
      return original.apply(this, words);
    };
  }
  syncBuiltinESMExports();
  process.env.NODE_USE_ENV_PROXY = "1";
}

function run([command, ...words]) {
  const child = spawn(command, words, { stdio: "inherit" });
  child.on("error", (error) => {
    console.error(`${command}: ${error.message}`);
    process.exit(127);
  });
  child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

useProxyFromFirstRequest();
openDoors();
if (isMainThread) {
  const forwarded = (process.env.DEXTO_FORWARDED_PORTS ?? "").split(",").filter(Boolean).map(Number);
  const ports = forwarded.map((port) => listening(port, (inner) => forward(`127.0.0.1:${port}`, inner)));
  await Promise.all([listening(PORT, relay), ...ports]);
}
if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv[2] === "--") run(process.argv.slice(3));
