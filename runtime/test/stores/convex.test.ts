import assert from "node:assert/strict";
import { it } from "node:test";

import type { Failure } from "../../src/failure.ts";
import convex from "../../src/stores/convex.ts";
import { convexServer, DEPLOY_KEY } from "../convex/convex-server.ts";
import { bundleWith, hostWith } from "../hosts.ts";
import { message, session, storeContract } from "./store-contract.ts";

async function opened() {
  const server = await convexServer();
  const open = () => convex({ type: "convex", url: server.url, deployKey: DEPLOY_KEY }, hostWith(), bundleWith());
  return { server, store: await open(), reopen: open, close: async () => server.close() };
}

storeContract("convex", opened, { largeMessages: false });

it("a message that no document can hold is refused by name", async () => {
  const { store, close } = await opened();
  const large = store.saveMessages("s", [message("1", "x".repeat(400_000))]);
  await assert.rejects(large, (error: Failure) => error.code === "message_too_large");
  await close();
});

it("long histories come in pages, and are deleted in parts", async () => {
  const { store, close } = await opened();
  await store.saveSession(session("s"));
  const all = Array.from({ length: 450 }, (_, n) => message(`m${n}`, `walnut ${n} ${"x".repeat(n % 50 === 0 ? 250_000 : 1)}`));
  await store.saveMessages("s", all);
  assert.deepEqual(await store.getMessages("s"), all);
  assert.deepEqual(await store.getMessages("s", { limit: 300, before: "m400" }), all.slice(100, 400));
  await store.deleteSession("s");
  assert.deepEqual(await store.getMessages("s"), []);
  await close();
});

it("a server that is overloaded for a moment is asked again; one that refuses is not", async () => {
  const { server, store, close } = await opened();
  server.failNext(2);
  await store.saveSession(session("s"));
  assert.deepEqual(await store.getSession("s"), session("s"));
  await close();
});

it("a wrong key, missing functions and missing settings are said by name, without the key", async () => {
  const { server, close } = await opened();
  const by = (config: Record<string, string>) => convex(config, hostWith(), bundleWith());
  for (const [config, code] of [
    [{ url: server.url, deployKey: "hunter22" }, "storage_refused"],
    [{ url: server.url, deployKey: DEPLOY_KEY, module: "elsewhere" }, "storage_refused"],
    [{ url: server.url }, "storage_unavailable"],
  ] as const) {
    await assert.rejects(by(config), (error: Failure) => error.code === code && !error.message.includes("hunter22"));
  }
  await close();
});
