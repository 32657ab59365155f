// Uploads in a folder on disk: ab/abcd… is the content, ab/abcd….type its media type. A file appears whole or not at all.

import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";

import type { BlobStore, BlobStoreFactory, Json } from "../contract.ts";
import { checkSize, checkTotal, isName, nameOf } from "./naming.ts";

const DEFAULT_FOLDER = "data/blobs"; // below the folder in which the agent runs
const DAY_MS = 86_400_000;

class LocalBlobs implements BlobStore {
  readonly #folder: string;
  readonly #config: Record<string, Json>;

  constructor(folder: string, config: Record<string, Json>) {
    this.#folder = folder;
    this.#config = config;
  }

  async put(content: Uint8Array, mediaType: string): Promise<string> {
    checkSize(content, this.#config);
    const name = await nameOf(content);
    const path = this.#path(name);
    await mkdir(join(path, ".."), { recursive: true });
    const known = await exists(path);
    if (!known) await this.#checkTotal(content.byteLength);
    await writeWhole(`${path}.type`, Buffer.from(mediaType));
    if (!known) await writeWhole(path, content);
    return name;
  }

  async get(name: string): Promise<{ content: Uint8Array; mediaType: string } | null> {
    if (!isName(name)) return null;
    try {
      const [content, type] = await Promise.all([readFile(this.#path(name)), readFile(`${this.#path(name)}.type`, "utf8")]);
      return { content: new Uint8Array(content), mediaType: type };
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  async delete(name: string): Promise<void> {
    if (!isName(name)) return;
    await rm(this.#path(name), { force: true });
    await rm(`${this.#path(name)}.type`, { force: true });
  }

  /** Deletes what is older than `cleanupAfterDays`, and what a killed process left half written. */
  async clean(): Promise<void> {
    const days = this.#config.cleanupAfterDays;
    const limit = typeof days === "number" ? Date.now() - days * DAY_MS : -Infinity;
    for (const { path, size: _, modified } of await this.#files()) {
      const abandoned = path.endsWith(".part") && modified < Date.now() - DAY_MS;
      if (abandoned || modified < limit) await rm(path, { force: true });
    }
  }

  async #checkTotal(added: number): Promise<void> {
    if (this.#config.maxTotalSize === undefined) return;
    const total = (await this.#files()).reduce((sum, file) => sum + file.size, 0);
    checkTotal(total + added, this.#config);
  }

  async #files(): Promise<{ path: string; size: number; modified: number }[]> {
    const entries = await readdir(this.#folder, { recursive: true, withFileTypes: true });
    const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    return Promise.all(
      paths.map(async (path) => {
        const found = await stat(path).catch(() => null); // it may be deleted meanwhile
        return { path, size: found?.size ?? 0, modified: found?.mtimeMs ?? Infinity };
      }),
    );
  }

  #path(name: string): string {
    return join(this.#folder, name.slice(0, 2), name);
  }
}

const local: BlobStoreFactory = async (config) => {
  const folder = resolve(typeof config.storePath === "string" ? config.storePath : DEFAULT_FOLDER);
  await mkdir(folder, { recursive: true });
  const blobs = new LocalBlobs(folder, config);
  await blobs.clean();
  return blobs;
};
export default local;

async function writeWhole(path: string, content: Uint8Array): Promise<void> {
  const part = `${path}.${crypto.randomUUID()}.part`;
  const file = await open(part, "wx");
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(part, path);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}
