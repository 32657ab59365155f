import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, it } from "node:test";

import local from "../../src/blobs/local.ts";
import type { Failure } from "../../src/failure.ts";
import { hostWith } from "../hosts.ts";
import { blobContract } from "./blob-contract.ts";

const root = await mkdtemp(join(tmpdir(), "dexto-blobs-"));
after(() => rm(root, { recursive: true }));
const folder = () => join(root, crypto.randomUUID());

blobContract("local", (config) => local({ storePath: folder(), ...config }, hostWith()));

it("all blobs together stay within their limit, and nothing half written is left", async () => {
  const storePath = folder();
  const blobs = await local({ storePath, maxTotalSize: 100 }, hostWith());
  await blobs.put(new Uint8Array(60), "x/y");
  await assert.rejects(blobs.put(new Uint8Array(61), "x/y"), (error: Failure) => error.code === "blob_store_full");
  await blobs.put(new Uint8Array(60), "x/y"); // it is there already
  const names = await readdir(storePath, { recursive: true });
  assert.equal(names.filter((name) => name.includes("part")).length, 0);
});

it("old blobs are cleaned up at the start where the configuration says so", async () => {
  const storePath = folder();
  const first = await local({ storePath }, hostWith());
  const [old, young] = [await first.put(Uint8Array.of(1), "x/y"), await first.put(Uint8Array.of(2), "x/y")];
  const [oldFile, longAgo] = [join(storePath, old.slice(0, 2), old), new Date(Date.now() - 9 * 86_400_000)];
  await utimes(oldFile, longAgo, longAgo);
  await writeFile(`${oldFile}.abandoned.part`, "half");
  await utimes(`${oldFile}.abandoned.part`, longAgo, longAgo);
  const second = await local({ storePath, cleanupAfterDays: 7 }, hostWith());
  assert.equal(await second.get(old), null);
  assert.ok(await second.get(young));
  assert.equal((await readdir(join(storePath, old.slice(0, 2)))).some((name) => name.endsWith(".part")), false);
});
