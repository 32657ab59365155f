// Serves a Build Output folder (version 3) as plain HTTP: its routes, its static files, its functions.
import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pathToFileURL } from "node:url";

const output = process.argv[2];
const { routes = [] } = JSON.parse(readFileSync(join(output, "config.json"), "utf8"));
const functions = new Map();
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".json": "application/json" };
let draining = false;

const server = createServer(async (request, response) => {
  if (draining) response.setHeader("connection", "close");
  try {
    await route(request, response);
  } catch (error) {
    console.error(error);
    if (response.headersSent) return response.destroy();
    refuse(response, 500, "FUNCTION_INVOCATION_FAILED");
  }
});

async function route(request, response) {
  let { pathname, search } = new URL(request.url, "http://host");
  const found = () => servable(pathname);
  for (const one of routes) {
    if (one.handle === "filesystem" && found()) break;
    const match = one.src === undefined ? null : new RegExp(`^(?:${one.src})$`).exec(pathname);
    if (!match || (one.methods && !one.methods.includes(request.method))) continue;
    for (const [name, value] of Object.entries(one.headers ?? {})) response.setHeader(name, value);
    if (one.dest) pathname = one.dest.replace(/\$(\d)/g, (_all, index) => match[index] ?? "");
    if (one.status && !one.dest) return refuse(response, one.status, "");
    if (one.continue !== true) break;
  }
  const servant = found();
  if (!servant) return refuse(response, 404, "NOT_FOUND");
  await servant(request, response, search);
}

/** A static file or a function under this path. */
function servable(pathname) {
  const path = normalize(decodeURIComponent(pathname));
  if (path.split("/").includes("..")) return null;
  const file = join(output, "static", path);
  if (existsSync(file) && statSync(file).isFile()) return (_request, response) => sendFile(file, response);
  const folder = join(output, "functions", `${path.replace(/\/$/, "") || "/index"}.func`);
  return existsSync(join(folder, ".vc-config.json")) ? (request, response) => invoke(folder, request, response) : null;
}

function sendFile(file, response) {
  response.setHeader("content-type", TYPES[extname(file)] ?? "application/octet-stream");
  return pipeline(createReadStream(file), response);
}

async function invoke(folder, request, response) {
  if (!functions.has(folder)) functions.set(folder, load(folder));
  const { handle, maxDuration } = await functions.get(folder);
  const limit = setTimeout(() => tooLong(response), maxDuration * 1_000);
  response.on("close", () => clearTimeout(limit));
  await handle(request, response);
}

function tooLong(response) {
  if (response.headersSent) response.destroy();
  else refuse(response, 504, "FUNCTION_INVOCATION_TIMEOUT");
}

async function load(folder) {
  const { handler, maxDuration = 300 } = JSON.parse(readFileSync(join(folder, ".vc-config.json"), "utf8"));
  const module = await import(pathToFileURL(join(folder, handler)));
  const main = module.default ?? module;
  if (typeof main === "function") return { handle: main, maxDuration };
  const answer = (request) => (main.fetch ? main.fetch(request) : (module[request.method] ?? notAllowed)(request));
  return { handle: async (request, response) => send(await answer(asked(request)), response), maxDuration };
}

const notAllowed = () => new Response(null, { status: 405 });

/** The request as the web knows it. */
function asked(request) {
  const headers = new Headers();
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    headers.append(request.rawHeaders[index], request.rawHeaders[index + 1]);
  }
  const hasBody = request.method !== "GET" && request.method !== "HEAD";
  const gone = new AbortController();
  request.socket.once("close", () => gone.abort());
  return new Request(new URL(request.url, `http://${request.headers.host ?? "localhost"}`), {
    method: request.method,
    headers,
    signal: gone.signal,
    ...(hasBody ? { body: Readable.toWeb(request), duplex: "half" } : {}),
  });
}

async function send(answer, response) {
  const headers = [...answer.headers].filter(([name]) => name !== "set-cookie");
  const cookies = answer.headers.getSetCookie();
  for (const [name, value] of headers) response.setHeader(name, value);
  if (cookies.length > 0) response.setHeader("set-cookie", cookies);
  response.writeHead(answer.status);
  if (!answer.body) return response.end();
  response.flushHeaders();
  // Whoever went away is no error of the function's.
  await pipeline(Readable.fromWeb(answer.body), response).catch((error) => {
    if (error.code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
  });
}

function refuse(response, status, code) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ error: { code: String(code || status) } }));
}

function drain() {
  if (draining) return;
  draining = true;
  server.close(() => process.exit(0));
  server.closeIdleConnections();
}

process.on("SIGTERM", drain);
process.on("SIGINT", drain);
server.keepAliveTimeout = 65_000;
if (process.env.DEXTO_SOCKET) server.listen(process.env.DEXTO_SOCKET);
else server.listen(Number(process.env.PORT), process.env.HOST);
