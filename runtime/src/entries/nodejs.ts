// An agent as a process of its own: on DEXTO_SOCKET or PORT. SIGTERM drains it: turns in flight end first.

import { rm } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { bundle } from "dexto:bundle";
import type { Host } from "../contract.ts";
import { RuntimeError } from "../errors.ts";
import { Failure } from "../failure.ts";
import { createApp } from "../http/app.ts";
import { isResident } from "../http/residence.ts";
import { inSources } from "../node/stack-traces.ts";
import { readFile } from "../readers/own-file.ts";

const KEEP_ALIVE = 65_000; // milliseconds; longer than a proxy's, so that it never meets a closing connection

const host: Host = {
  environment: process.env,
  bindings: {},
  waitUntil: (promise) => void promise.catch((error: unknown) => host.log("error", String(error))),
  log: (level, message, fields = {}) =>
    process.stdout.write(`${JSON.stringify({ level, message: inSources(message), ...fields })}\n`),
  readFile,
};

const app = await createApp(bundle, host, { resident: isResident(bundle) }).catch(cannotStart);
const listener = getRequestListener((request) => app.fetch(request), { overrideGlobalObjects: false });
const server = createServer((request, response) => {
  if (draining) endsConnection(response);
  void listener(request, response);
});
let draining = false;

/** Whoever reads the log learns which variable or which store it is. */
function cannotStart(error: unknown): never {
  const code = error instanceof RuntimeError || error instanceof Failure ? error.code : "internal_error";
  host.log("error", `The agent cannot start: ${error instanceof Error ? error.message : String(error)}`, { code });
  process.exit(1);
}

const traceOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

const endsConnection = (response: ServerResponse) => void response.setHeader("Connection", "close");

async function drain(): Promise<void> {
  if (draining) return;
  draining = true;
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  await app.drained();
  server.closeIdleConnections();
  await closed;
  await app.close();
  process.exit(0);
}

// Node itself would print the line of the code, which is all of it.
process.on("uncaughtException", (error: unknown) => {
  host.log("error", `The agent ends: ${traceOf(error)}`);
  process.exit(1);
});
// A promise that a plugin left behind must not end everyone's turns.
process.on("unhandledRejection", (reason) => host.log("error", `A promise was rejected: ${traceOf(reason)}`));
process.on("SIGTERM", () => void drain());
process.on("SIGINT", () => void drain());
server.keepAliveTimeout = KEEP_ALIVE;
const socket = process.env["DEXTO_SOCKET"];
if (socket) await rm(socket, { force: true });
server.listen(socket ?? Number(process.env["PORT"] ?? 3_000), () => host.log("info", "The agent is ready."));
