// What all readers do alike: check, limit, prove by digest, record.

import type { Bundle, Host, ResourceReader } from "../contract.ts";
import { nameOf } from "../blobs/naming.ts";
import { Failure, ResourceError, sentenceOf } from "../failure.ts";

/** Prompts and modules are texts; what is larger is data, and belongs into a store. */
export const MAX_BYTES = 10_000_000;

/** Reads one resource. Raises ResourceError, or whatever its engine raises. */
export type Read = (uri: string) => Promise<Uint8Array>;

/**
 * The reader that records each access as an audit event: the source's type, the URI without its query, which may be
 * a signature, and what came of it. A resource that the build pinned must be what was pinned.
 */
export function recorded(type: string, host: Host, bundle: Bundle, read: Read): ResourceReader {
  return {
    async read(uri) {
      const began = Date.now();
      const record = (level: "info" | "error", outcome: string, size = 0) =>
        host.log(level, "data source read", {
          event: "data_source.read",
          source: type,
          uri: publicUri(uri),
          outcome,
          size,
          durationMs: Date.now() - began,
        });
      try {
        const inside = bundle.resources[uri]?.text;
        const content = inside === undefined ? await read(uri) : new TextEncoder().encode(inside);
        const digest = await nameOf(content);
        checkDigest(uri, digest, bundle);
        record("info", `sha256:${digest}`, content.byteLength);
        return content;
      } catch (error) {
        const failure = error instanceof Failure ? error : loadFailed(uri, sentenceOf(error), error);
        record("error", failure.code);
        throw failure;
      }
    },
  };
}

/** The content of an answer, which is given up as soon as it is too large. */
export async function limited(uri: string, body: ReadableStream<Uint8Array> | null): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_BYTES) throw tooLarge(uri); // which also ends the stream
    chunks.push(chunk);
  }
  const content = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    content.set(chunk, at);
    at += chunk.byteLength;
  }
  return content;
}

export function loadFailed(uri: string, why: string, cause?: unknown): ResourceError {
  return new ResourceError("resource_load_failed", `Failed to load resource from "${publicUri(uri)}": ${why}`, {
    next: "Check the URI and the data source's credentials.",
    ...(cause === undefined ? {} : { cause }),
  });
}

export function tooLarge(uri: string): ResourceError {
  return loadFailed(uri, `it is larger than ${MAX_BYTES.toLocaleString("en")} bytes`);
}

export function schemeMismatch(uri: string, type: string, expected: string): ResourceError {
  const scheme = publicUri(uri).split(":", 1)[0];
  return new ResourceError(
    "resource_scheme_mismatch",
    `URI scheme "${scheme}://" doesn't match dataSource type "${type}". Expected: ${expected}`,
  );
}

export function outside(uri: string, where: string): ResourceError {
  return new ResourceError("resource_outside_source", `"${publicUri(uri)}" is not in ${where}, where the data source is`, {
    next: "Declare a data source for the other place.",
  });
}

export function climbs(uri: string): ResourceError {
  return new ResourceError("path_traversal", `"${publicUri(uri)}" climbs out of its folder with ".."`, {
    next: "Name the resource without `..`.",
  });
}

export function publicUri(uri: string): string {
  const at = uri.search(/[?#]/);
  return at < 0 ? uri : `${uri.slice(0, at)}?…`;
}

function checkDigest(uri: string, digest: string, bundle: Bundle): void {
  const pinned = bundle.resources[uri]?.sha256.replace(/^sha256:/, "");
  if (pinned !== undefined && pinned !== digest) throw loadFailed(uri, "it is no longer what the build pinned");
}
