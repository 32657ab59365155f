// What is used of an R2 binding.

import type { Host, Json } from "../contract.ts";
import { StorageError } from "../failure.ts";

export interface R2Object {
  size: number;
  body: ReadableStream<Uint8Array>;
  httpMetadata?: { contentType?: string };
  arrayBuffer(): Promise<ArrayBuffer>;
}

export interface R2Bucket {
  get(key: string): Promise<R2Object | null>;
  put(key: string, content: Uint8Array | ArrayBuffer, options?: { httpMetadata?: { contentType?: string } }): Promise<unknown>;
  delete(key: string): Promise<void>;
}

/** The binding's name where the configuration gives no other. */
export const BUCKET = "DEXTO_BUCKET";

/** Raises StorageError where the Worker has no such binding. */
export function boundBucket(config: Record<string, Json>, host: Host): R2Bucket {
  const name = typeof config.binding === "string" ? config.binding : BUCKET;
  const bucket = host.bindings[name];
  if (bucket !== undefined) return bucket as R2Bucket;
  throw new StorageError("storage_unavailable", `No R2 bucket is bound to this Worker as ${name}`, {
    next: `Add an R2 binding called ${name}.`,
  });
}
