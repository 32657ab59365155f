// An MCP server for tests: streamable HTTP at /mcp, server-sent events at /sse, or standard streams (argument "stdio").
import { createServer } from "node:http";
import { createInterface } from "node:readline";

const text = (text) => ({ content: [{ type: "text", text }] });
const number = { type: "number" };
const TOOLS = {
  add: [{ a: number, b: number }, ({ a, b }) => text(String(a + b))],
  refuse: [{}, () => ({ ...text("It cannot be done."), isError: true })],
  secret: [{}, () => text(process.env.MODEL_KEY ?? "no key here")],
  whoami: [{}, (_args, headers) => text(headers.authorization ?? process.env.GIVEN ?? "nobody")],
};

function answer({ id, method, params }, headers) {
  if (id === undefined) return null;
  const result = results[method]?.(params ?? {}, headers);
  if (result) return { jsonrpc: "2.0", id, result };
  return { jsonrpc: "2.0", id, error: { code: -32601, message: "Method not found" } };
}

const results = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: "tests", version: "1" },
  }),
  ping: () => ({}),
  "tools/list": ({ cursor }) => {
    const names = Object.keys(TOOLS);
    const page = cursor ? names.slice(2) : names.slice(0, 2);
    const tools = page.map((name) => ({
      name,
      description: `Does ${name}.`,
      inputSchema: { type: "object", properties: TOOLS[name][0] },
    }));
    return cursor ? { tools } : { tools, nextCursor: "2" };
  },
  "tools/call": ({ name, arguments: args }, headers) => TOOLS[name]?.[1](args ?? {}, headers),
};

if (process.argv[2] === "stdio") {
  createInterface({ input: process.stdin }).on("line", (line) => {
    const message = answer(JSON.parse(line), {});
    if (message) process.stdout.write(`${JSON.stringify(message)}\n`);
  });
} else {
  const streams = new Map();
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, "http://mcp");
    if (request.method === "GET" && url.pathname === "/sse") return openStream(response, streams);
    if (request.method !== "POST") return response.writeHead(405).end();
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const message = answer(JSON.parse(Buffer.concat(chunks)), request.headers);
    const stream = streams.get(url.searchParams.get("stream"));
    if (stream) {
      if (message) stream.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
      return response.writeHead(202).end();
    }
    if (!message) return response.writeHead(202).end();
    response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(message));
  });
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));
}

function openStream(response, streams) {
  const name = String(streams.size + 1);
  streams.set(name, response);
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  response.write(`event: endpoint\ndata: /messages?stream=${name}\n\n`);
}
