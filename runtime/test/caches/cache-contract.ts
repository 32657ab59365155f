// What every cache keeps.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import type { Cache } from "../../src/contract.ts";

export function cacheContract(name: string, open: () => Promise<Cache>): void {
  const tried = (sentence: string, body: (cache: Cache) => Promise<void>) =>
    it(sentence, async () => {
      const cache = await open();
      try {
        await body(cache);
      } finally {
        await cache.close();
      }
    });
  describe(name, () => {
    tried("a value comes back until it is deleted, any text under any key", async (cache) => {
      const text = "a\r\nb \u0000 '\" 🧵".repeat(50_000);
      await cache.set("key with\r\n blanks", text);
      assert.equal(await cache.get("key with\r\n blanks"), text);
      await cache.set("key with\r\n blanks", "");
      assert.equal(await cache.get("key with\r\n blanks"), "");
      await cache.delete("key with\r\n blanks");
      assert.equal(await cache.get("key with\r\n blanks"), null);
      await cache.delete("never");
    });

    tried("a value with a time is gone after it", async (cache) => {
      await cache.set("short", "x", 30);
      await cache.set("long", "x", 60_000);
      await until(async () => (await cache.get("short")) === null);
      assert.equal(await cache.get("long"), "x");
    });

    tried("a counter counts for everyone at once, and begins anew after its time", async (cache) => {
      const counts = await Promise.all(Array.from({ length: 50 }, () => cache.increment("n", 2, 60_000)));
      assert.deepEqual(counts.toSorted((a, b) => a - b), Array.from({ length: 50 }, (_, n) => 2 * n + 2));
      assert.equal(await cache.get("n"), "100");
      await cache.increment("short", 5, 60);
      await until(async () => (await cache.increment("short", 1, 60)) === 1);
    });
  });
}

export async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await holds())) assert.ok(Date.now() < deadline, "in time");
}
