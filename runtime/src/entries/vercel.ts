// An agent as a Vercel Function: a handler of web requests. A turn goes on after its stream was closed, as long as the
// platform's waitUntil lets it.

import { bundle } from "dexto:bundle";
import type { Host } from "../contract.ts";
import { createApp } from "../http/app.ts";
import { isResident } from "../http/residence.ts";
import { readFile } from "../readers/own-file.ts";

const host: Host = {
  environment: process.env,
  bindings: {},
  waitUntil,
  log: (level, message, fields = {}) => process.stdout.write(`${JSON.stringify({ level, message, ...fields })}\n`),
  readFile,
};

// A promise that a plugin forgot shall not end what others are being answered.
process.on("unhandledRejection", (reason) => host.log("error", `A promise was rejected: ${String(reason)}`));

const app = await createApp(bundle, host, { resident: isResident(bundle) });

export default { fetch: (request: Request) => app.fetch(request) };

/** The platform keeps what belongs to the current request behind this symbol. */
const CONTEXT = Symbol.for("@vercel/request-context");

interface Contexts {
  [CONTEXT]?: { get?(): { waitUntil?(promise: Promise<unknown>): void } | undefined };
}

function waitUntil(promise: Promise<unknown>): void {
  const settled = promise.catch((error: unknown) => host.log("error", String(error)));
  (globalThis as Contexts)[CONTEXT]?.get?.()?.waitUntil?.(settled);
}
