import assert from "node:assert/strict";
import { after } from "node:test";

import type { Cache } from "../../src/contract.ts";
import { workerd } from "../workerd/workerd.ts";
import { cacheContract } from "./cache-contract.ts";

const url = process.env.TEST_REDIS_URL;
assert.ok(url, "TEST_REDIS_URL names the server");

const engine = await workerd();
after(() => engine.close());

cacheContract("redis from workerd", async () =>
  engine.part<Cache>("cache", "redis", { url: url!, keyPrefix: `${crypto.randomUUID()} ` }),
);
