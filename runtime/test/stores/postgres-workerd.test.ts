import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { after } from "node:test";

import type { Store } from "../../src/contract.ts";
import { workerd } from "../workerd/workerd.ts";
import { storeContract } from "./store-contract.ts";

const url = process.env.TEST_POSTGRES_URL;
assert.ok(url, "TEST_POSTGRES_URL names the database");

const engine = await workerd();
const road = await byPort(new URL(url.replace("@/", "@localhost/")));
after(async () => {
  await engine.close();
  road.close();
});

storeContract("postgres from workerd", async () => {
  const schema = `t_${crypto.randomUUID().replaceAll("-", "")}`;
  const store = engine.part<Store>("postgres", "postgres", { url: road.url, schema });
  return { store, reopen: async () => store, close: async () => undefined };
});

/** The test run's database listens on a socket in a folder, where workerd cannot go. */
async function byPort(database: URL) {
  const folder = database.searchParams.get("host");
  const server = createServer((near) => {
    const far = folder === null ? connect(Number(database.port), database.hostname) : connect(`${folder}/.s.PGSQL.5432`);
    for (const socket of [near, far]) socket.on("error", () => [near, far].forEach((one) => one.destroy()));
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const by = new URL(database);
  by.search = "";
  by.host = `127.0.0.1:${(server.address() as { port: number }).port}`;
  return { url: by.href, close: () => server.close() };
}
