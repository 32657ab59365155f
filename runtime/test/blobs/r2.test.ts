import { after } from "node:test";

import type { BlobStore } from "../../src/contract.ts";
import { workerd } from "../workerd/workerd.ts";
import { blobContract } from "./blob-contract.ts";

const engine = await workerd();
after(() => engine.close());

blobContract("r2", async (config) =>
  engine.part<BlobStore>("blobs", "r2-blobs", { prefix: `${crypto.randomUUID()}/`, ...config }),
);
