import assert from "node:assert/strict";
import { it } from "node:test";

import { MemoryCache } from "../../src/caches/memory.ts";
import { cacheContract } from "./cache-contract.ts";

cacheContract("memory", async () => new MemoryCache());

it("what was used least recently makes room", async () => {
  const cache = new MemoryCache();
  for (let n = 0; n < 10_000; n += 1) await cache.set(String(n), "x");
  await cache.get("0");
  await cache.set("one more", "x");
  assert.equal(await cache.get("0"), "x");
  assert.equal(await cache.get("1"), null);
});
