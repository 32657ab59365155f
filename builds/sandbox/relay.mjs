// Inside of a sandbox: 127.0.0.1:3128 → the socket of the proxy outside, which is the only way out.
//   node --import relay.mjs agent.mjs     relays within the agent's own process
//   node relay.mjs -- command …           relays beside the command, and ends as it does
import { spawn } from "node:child_process";
import net from "node:net";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";

const PORT = 3128;

function relay(inner) {
  const outer = net.connect({ path: process.env.DEXTO_PROXY_SOCKET, allowHalfOpen: true });
  inner.pipe(outer);
  outer.pipe(inner);
  inner.on("error", () => outer.destroy());
  outer.on("error", () => inner.destroy());
  inner.on("close", () => outer.destroy());
}

function listening() {
  const server = net.createServer({ allowHalfOpen: true }, relay);
  return new Promise((resolve, reject) => {
    server.once("listening", () => resolve(server));
    // A child of the agent inherits its options; the agent listens already.
    server.once("error", (error) => (error.code === "EADDRINUSE" ? resolve(server) : reject(error)));
    server.listen(PORT, "127.0.0.1");
    server.unref();
  });
}

function run([command, ...words]) {
  const child = spawn(command, words, { stdio: "inherit" });
  child.on("error", (error) => {
    console.error(`${command}: ${error.message}`);
    process.exit(127);
  });
  child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

if (isMainThread) await listening();
if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv[2] === "--") run(process.argv.slice(3));
