// A session's whole history as one compressed object in the bucket.

import type { Message } from "../contract.ts";
import type { R2Bucket } from "../r2/bucket.ts";

export class Archive {
  readonly #bucket: R2Bucket;
  readonly #key: string;

  constructor(bucket: R2Bucket, agentId: string, sessionId: string) {
    this.#bucket = bucket;
    this.#key = `archives/${encodeURIComponent(agentId)}/${encodeURIComponent(sessionId)}.json.gz`;
  }

  /** How many bytes it takes. */
  async write(messages: Message[]): Promise<number> {
    const text = new Response(JSON.stringify({ version: 1, messages })).body!;
    const packed = await new Response(text.pipeThrough(new CompressionStream("gzip"))).arrayBuffer();
    await this.#bucket.put(this.#key, packed, { httpMetadata: { contentType: "application/gzip" } });
    return packed.byteLength;
  }

  /** Null where the object is gone. */
  async read(): Promise<Message[] | null> {
    const object = await this.#bucket.get(this.#key);
    if (object === null) return null;
    const text = (object.body as ReadableStream<BufferSource>).pipeThrough(new DecompressionStream("gzip"));
    return ((await new Response(text as BodyInit).json()) as { messages: Message[] }).messages;
  }

  async remove(): Promise<void> {
    await this.#bucket.delete(this.#key);
  }
}
