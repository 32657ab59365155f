// A Convex deployment on a socket: its HTTP API in front, Convex's own test implementation behind, with the functions
// that a person deploys.

import { convexTest } from "convex-test";
import { defineSchema, makeFunctionReference } from "convex/server";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";

import { dextoTables } from "../../convex/dexto.ts";

export const DEPLOY_KEY = "prod:a-deploy-key";

export async function convexServer() {
  const modules = { "./dexto.ts": () => import("../../convex/dexto.ts"), "./_generated/api.js": async () => ({}) };
  const backend = convexTest({ schema: defineSchema(dextoTables), modules });
  let turn: Promise<unknown> = Promise.resolve();
  let failures = 0;
  const server = createServer(async (request, response) => {
    const body = await textOf(request);
    if (failures > 0) {
      failures -= 1;
      return void response.writeHead(503).end("overloaded");
    }
    if (request.headers.authorization !== `Convex ${DEPLOY_KEY}`) {
      return void response.writeHead(401, { "content-type": "application/json" }).end('{"code":"BadDeployKey"}');
    }
    // One after the other: what is behind has no isolation of its own.
    turn = turn.then(() => answered(backend, request.url ?? "", JSON.parse(body) as Call));
    const answer = await turn;
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    failNext: (count: number) => void (failures = count),
    close: () => void (server.closeAllConnections(), server.close()),
  };
}

interface Call {
  path: string;
  args: Record<string, unknown>;
  format: string;
}

async function answered(backend: ReturnType<typeof convexTest>, url: string, { path, args, format }: Call) {
  try {
    if (format !== "json") throw new Error(`unknown format ${format}`);
    const value =
      url === "/api/query"
        ? await backend.query(makeFunctionReference<"query">(path), args as never)
        : await backend.mutation(makeFunctionReference<"mutation">(path), args as never);
    return { status: "success", value, logLines: [] };
  } catch (error) {
    return { status: "error", errorMessage: (error as Error).message, logLines: [] };
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  return Buffer.concat(await Array.fromAsync(request)).toString("utf8");
}
