import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, it } from "node:test";

import type { Store } from "../../src/contract.ts";
import { workerd } from "../workerd/workerd.ts";
import { message, session, storeContract } from "./store-contract.ts";

const engine = await workerd();
after(() => engine.close());

storeContract("durable object", async () => {
  const object = crypto.randomUUID();
  const store = engine.part<Store>(object, "durable-object");
  return { store, reopen: async () => store, close: async () => undefined };
});

it("what a Durable Object holds is there after a restart of workerd", async () => {
  const folder = await mkdtemp(join(tmpdir(), "dexto-workerd-"));
  const first = await workerd(folder);
  const before = first.part<Store>("s", "durable-object");
  await before.saveSession(session("s"));
  await before.saveMessages("s", [message("1", "walnut"), message("2", "x".repeat(3_000_000))]);
  await first.close();
  const second = await workerd(folder);
  const later = second.part<Store>("s", "durable-object");
  assert.deepEqual(await later.getSession("s"), session("s"));
  assert.deepEqual((await later.getMessages("s")).map((one) => one.id), ["1", "2"]);
  assert.equal((await later.searchMessages!({ text: "wal" })).length, 1);
  await second.close();
  await rm(folder, { recursive: true });
});
