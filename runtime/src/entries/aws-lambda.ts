// An agent behind a Function URL of AWS Lambda with response streaming. A turn lives within its invocation: what it
// still has to do after its stream ended, or was closed, is waited for.

import { bundle } from "dexto:bundle";
import type { Host } from "../contract.ts";
import { createApp } from "../http/app.ts";
import { isResident } from "../http/residence.ts";
import { readFile } from "../readers/own-file.ts";
import { metadataOf, requestOf, type FunctionUrlEvent } from "../lambda/http.ts";
import { pour, type ResponseStream } from "../lambda/pour.ts";

declare const awslambda: {
  streamifyResponse(handler: (event: FunctionUrlEvent, stream: ResponseStream) => Promise<void>): unknown;
  HttpResponseStream: { from(stream: ResponseStream, metadata: object): ResponseStream };
};

const unfinished = new Set<Promise<unknown>>();

const host: Host = {
  environment: process.env,
  bindings: {},
  waitUntil(promise) {
    const settled = promise
      .catch((error: unknown) => host.log("error", String(error)))
      .finally(() => unfinished.delete(settled));
    unfinished.add(settled);
  },
  log: (level, message, fields = {}) => process.stdout.write(`${JSON.stringify({ level, message, ...fields })}\n`),
  readFile,
};

// A promise that a plugin forgot shall not end what others are being answered.
process.on("unhandledRejection", (reason) => host.log("error", `A promise was rejected: ${String(reason)}`));

const app = await createApp(bundle, host, { resident: isResident(bundle) });

export const handler = awslambda.streamifyResponse(async (event, stream) => {
  const response = await app.fetch(requestOf(event));
  await pour(response.body, awslambda.HttpResponseStream.from(stream, metadataOf(response)));
  while (unfinished.size > 0) await Promise.all(unfinished);
});
