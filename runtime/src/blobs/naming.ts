// Blobs are named by their content, so the same upload is kept once and a name cannot lead anywhere else.

import type { Json } from "../contract.ts";
import { StorageError } from "../failure.ts";

const DEFAULT_MAX_BYTES = 50 * 1024 * 1024;

/** The name of a content: sha256 in hexadecimal. */
export async function nameOf(content: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", content as BufferSource);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Whether it is a name that nameOf gives; anything else names no blob. */
export function isName(name: string): boolean {
  return /^[0-9a-f]{64}$/.test(name);
}

/** Raises StorageError where one blob is larger than `maxBlobSize`. */
export function checkSize(content: Uint8Array, config: Record<string, Json>): void {
  const limit = typeof config.maxBlobSize === "number" ? config.maxBlobSize : DEFAULT_MAX_BYTES;
  if (content.byteLength <= limit) return;
  throw new StorageError("blob_too_large", `A file of ${content.byteLength} bytes is more than the ${limit} allowed`, {
    next: "Send a smaller file, or raise storage.blob.maxBlobSize.",
  });
}

/** Raises StorageError where all blobs together would exceed `maxTotalSize`. */
export function checkTotal(total: number, config: Record<string, Json>): void {
  if (typeof config.maxTotalSize !== "number" || total <= config.maxTotalSize) return;
  throw new StorageError("blob_store_full", `The blob store is full: ${config.maxTotalSize} bytes are allowed`, {
    next: "Delete files, or raise storage.blob.maxTotalSize.",
  });
}
