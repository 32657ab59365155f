import assert from "node:assert/strict";
import { it } from "node:test";

import s3 from "../../src/blobs/s3.ts";
import type { Failure } from "../../src/failure.ts";
import { hostWith } from "../hosts.ts";
import { bucketEnvironment, bucketSource } from "../s3.ts";
import { blobContract } from "./blob-contract.ts";

const prefix = () => `test-blobs/${crypto.randomUUID()}/`;

blobContract("s3", (config) => s3({ ...bucketSource, prefix: prefix(), ...config }, hostWith()));
blobContract("s3 by the variables of AWS", (config) =>
  s3({ prefix: prefix(), ...config }, hostWith(bucketEnvironment)),
);

it("wrong credentials and an absent server are said by name, without the secret", async () => {
  const credentials = { accessKeyId: "nobody-at-all", secretAccessKey: "hunter22" };
  for (const [more, code] of [
    [{ credentials }, "storage_refused"],
    [{ endpoint: "http://127.0.0.1:1" }, "storage_unavailable"],
  ] as const) {
    const blobs = await s3({ ...bucketSource, ...more }, hostWith());
    await assert.rejects(blobs.put(Uint8Array.of(1), "x/y"), (error: Failure) => {
      assert.equal(error.code, code);
      return !error.message.includes("hunter22");
    });
  }
});
