// A small server that proves the road: health, the agents' configuration, an echo, an endless stream.
import { createServer } from "node:http";
import { agents } from "dexto:bundle";

const started = Date.now();
let draining = false;

const identity = () => ({
  deployment: process.env.DEXTO_DEPLOYMENT ?? "",
  commit: process.env.DEXTO_COMMIT ?? "",
  environment: process.env.DEXTO_ENVIRONMENT ?? "",
});

const server = createServer((request, response) => {
  if (draining) response.setHeader("Connection", "close");
  const { pathname } = new URL(request.url, "http://agent");
  if (pathname === "/health") return json(response, 200, { status: "ok", uptime_ms: Date.now() - started });
  if (pathname === "/stream") return stream(request, response);
  if (request.method === "POST") return echo(request, response);
  return json(response, 200, { ...identity(), agents, variables: Object.keys(process.env).sort() });
});

function json(response, status, body) {
  response.writeHead(status, { "Content-Type": "application/json; charset=utf-8" });
  response.end(JSON.stringify(body));
}

function echo(request, response) {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => json(response, 200, { ...identity(), body: Buffer.concat(chunks).toString("utf8") }));
}

function stream(request, response) {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" });
  let sent = 0;
  const send = () => response.write(`id: ${++sent}\ndata: ${JSON.stringify({ ...identity(), sent })}\n\n`);
  send();
  const timer = setInterval(send, 200);
  request.on("close", () => clearInterval(timer));
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
server.listen(process.env.DEXTO_SOCKET ?? Number(process.env.PORT ?? 3000), () => console.log("The agent is ready."));
