// Files that lie beside the bundle, and no others: not by `..`, not by a link that leads out.

import { open, realpath } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import type { Bundle, Host, ReaderFactory } from "../contract.ts";
import { loadFailed, MAX_BYTES, recorded, schemeMismatch, tooLarge } from "./reading.ts";

const file: ReaderFactory = (_source, host, bundle) =>
  recorded("fs", host, bundle, async (uri) => {
    if (!uri.startsWith("file:")) throw schemeMismatch(uri, "fs", "file");
    const root = await realpath(folderOf(host));
    return contentOf(uri, await inside(uri, root, pathOf(uri, bundle, root)));
  });
export default file;

/** The bundle's folder: DEXTO_BUNDLE_DIR, or where this very code lies. */
function folderOf(host: Host): string {
  return host.environment.DEXTO_BUNDLE_DIR ?? dirname(fileURLToPath(import.meta.url));
}

/** Relative to the bundle, as the build wrote it; an unpinned file:///x is x of the bundle, or a path within it. */
function pathOf(uri: string, bundle: Bundle, root: string): string {
  const written = bundle.resources[uri]?.path;
  if (written !== undefined) return written;
  const path = decoded(uri);
  return isWithin(root, path) ? path : join(".", path);
}

function decoded(uri: string): string {
  try {
    return fileURLToPath(uri);
  } catch (error) {
    throw loadFailed(uri, "it is no file's address", error);
  }
}

async function inside(uri: string, root: string, path: string): Promise<string> {
  const real = await realpath(resolve(root, path)).catch((error: unknown) => {
    throw loadFailed(uri, "there is no such file in the bundle", error);
  });
  if (!isWithin(root, real)) throw loadFailed(uri, "it is not in the bundle's folder");
  return real;
}

function isWithin(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== "" && !isAbsolute(way) && way.split(/[\\/]/)[0] !== "..";
}

async function contentOf(uri: string, path: string): Promise<Uint8Array> {
  const handle = await open(path);
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw loadFailed(uri, "it is not a file");
    if (found.size > MAX_BYTES) throw tooLarge(uri);
    return new Uint8Array(await handle.readFile());
  } finally {
    await handle.close();
  }
}
