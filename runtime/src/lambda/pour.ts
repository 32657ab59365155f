// A response's body into Lambda's stream, as fast as that takes it.

import { once } from "node:events";
import type { Writable } from "node:stream";

export type ResponseStream = Writable;

export async function pour(body: ReadableStream<Uint8Array> | null, stream: ResponseStream): Promise<void> {
  stream.on("error", () => undefined); // whoever listened may go at any time
  const closed = once(stream, "close").catch(() => undefined);
  try {
    // Lambda sends nothing, not even the status, before the first byte.
    if (body === null) stream.write("");
    for await (const chunk of body ?? []) {
      if (stream.destroyed) return; // whoever listened is gone; leaving the loop tells the body
      if (!stream.write(chunk)) await Promise.race([once(stream, "drain").catch(() => undefined), closed]);
    }
  } finally {
    stream.end();
  }
}
