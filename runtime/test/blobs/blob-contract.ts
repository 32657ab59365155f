// What every blob store keeps.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";

import type { BlobStore, Json } from "../../src/contract.ts";
import type { Failure } from "../../src/failure.ts";
import { randomFor } from "../random.ts";

export function blobContract(name: string, open: (config: Record<string, Json>) => Promise<BlobStore>): void {
  describe(name, () => {
    it("a blob comes back under the digest of its content, with its media type", async (t) => {
      const random = randomFor(t);
      const blobs = await open({});
      for (const size of [0, 1, 1_000, 300_000]) {
        const content = Uint8Array.from({ length: size }, () => random.below(256));
        const named = await blobs.put(content, "image/png");
        assert.equal(named, createHash("sha256").update(content).digest("hex"));
        assert.deepEqual(await blobs.get(named), { content, mediaType: "image/png" });
      }
    });

    it("the same content is kept once, also when many put it at once; its last media type counts", async () => {
      const blobs = await open({});
      const content = new TextEncoder().encode("twice");
      const names = await Promise.all(Array.from({ length: 8 }, () => blobs.put(content, "text/plain")));
      assert.equal(new Set(names).size, 1);
      await blobs.put(content, "text/markdown");
      assert.deepEqual(await blobs.get(names[0]!), { content, mediaType: "text/markdown" });
    });

    it("a deleted blob is gone, and deleting it again is no error", async () => {
      const blobs = await open({});
      const named = await blobs.put(Uint8Array.of(1, 2, 3), "application/octet-stream");
      await blobs.delete(named);
      await blobs.delete(named);
      assert.equal(await blobs.get(named), null);
    });

    it("what is not a digest names nothing", async () => {
      const blobs = await open({});
      for (const bad of ["", "..", "../../etc/passwd", "x".repeat(64), "AB".repeat(32), `${"a".repeat(64)}/..`]) {
        assert.equal(await blobs.get(bad), null);
        await blobs.delete(bad);
      }
      assert.equal(await blobs.get("0".repeat(64)), null);
    });

    it("what is too large is refused by name", async () => {
      const blobs = await open({ maxBlobSize: 10 });
      await blobs.put(new Uint8Array(10), "x/y");
      await assert.rejects(blobs.put(new Uint8Array(11), "x/y"), (error: Failure) => error.code === "blob_too_large");
    });
  });
}
