import assert from "node:assert/strict";
import { it } from "node:test";

import type { Json } from "../../src/contract.ts";
import type { Failure } from "../../src/failure.ts";
import { databaseOf, isPooled, type Sql } from "../../src/postgres/client.ts";
import postgresStore from "../../src/stores/postgres.ts";
import { bundleWith, hostWith } from "../hosts.ts";
import { turnsContract } from "../turns/turns-contract.ts";
import { session, storeContract } from "./store-contract.ts";

const url = process.env.TEST_POSTGRES_URL;
assert.ok(url, "TEST_POSTGRES_URL names the database");

const opened = (schema: string, more: Record<string, Json> = {}) =>
  postgresStore({ type: "postgres", url, schema, ...more }, hostWith(), bundleWith());

async function fresh() {
  const schema = `t_${crypto.randomUUID().replaceAll("-", "")}`;
  const store = await opened(schema);
  const others: Awaited<ReturnType<typeof opened>>[] = [];
  const reopen = async () => {
    const other = await opened(schema);
    others.push(other);
    return other;
  };
  const close = async () => {
    await Promise.all([store, ...others].map((one) => one.close()));
    await withSql((sql) => sql.unsafe(`drop schema ${schema} cascade`));
  };
  return { schema, store, reopen, close };
}

async function withSql<T>(body: (sql: Sql) => Promise<T>): Promise<T> {
  const { sql } = databaseOf({ url: `${url}&channel_binding=prefer`, maxConnections: 1 });
  try {
    return await body(sql);
  } finally {
    await sql.end();
  }
}

storeContract("postgres", fresh);
turnsContract("postgres", async () => {
  const { store, reopen, close } = await fresh();
  const other = await reopen();
  return { one: store.coordination!, other: other.coordination!, close };
});

it("two that start at once over an empty database make the tables once", async () => {
  const schema = `t_${crypto.randomUUID().replaceAll("-", "")}`;
  const stores = await Promise.all([opened(schema), opened(schema), opened(schema)]);
  await stores[0]!.saveSession(session("s"));
  assert.equal((await stores[2]!.listSessions()).length, 1);
  await Promise.all(stores.map((store) => store.close()));
  await withSql((sql) => sql.unsafe(`drop schema ${schema} cascade`));
});

it("tables that a newer runtime made are refused by name", async () => {
  const { schema, close } = await fresh();
  await withSql((sql) => sql.unsafe(`update ${schema}.schema_version set version = 99`));
  await assert.rejects(opened(schema), (error: Failure) => error.code === "storage_schema_newer");
  await close();
});

it("a database that cannot be reached is said by name, without the password", async () => {
  const away = postgresStore({ url: "postgres://me:hunter22@127.0.0.1:1/none" }, hostWith(), bundleWith());
  await assert.rejects(away, (error: Failure) => error.code === "storage_unavailable" && !error.message.includes("hunter22"));
});

it("followers hear on after their listening connection was cut", async () => {
  const { schema, store, close } = await fresh();
  const turns = store.coordination!;
  await turns.begin("s", "t", 60_000);
  const heard: unknown[] = [];
  const following = (async () => {
    for await (const event of turns.follow("s", "t", AbortSignal.timeout(20_000))) heard.push(event.n);
  })();
  await turns.publish("s", "t", { name: "llm:chunk", sessionId: "s", n: 1 });
  // The follower connects beside this: there is nothing to cut before it listens.
  const deadline = Date.now() + 10_000;
  let cut: readonly unknown[] = [];
  while (cut.length === 0 && Date.now() < deadline) {
    cut = await withSql((sql) => sql`
      select pg_terminate_backend(pid) from pg_stat_activity where query = ${`listen ${schema}_news`}`);
  }
  assert.ok(cut.length > 0);
  await turns.publish("s", "t", { name: "llm:chunk", sessionId: "s", n: 2 });
  await turns.end("s", "t");
  await following;
  assert.deepEqual(heard, [1, 2]);
  await close();
});

it("poolers are known by their addresses", () => {
  assert.ok(isPooled("postgres://u:p@ep-x-pooler.eu-central-1.aws.neon.tech/db"));
  assert.ok(isPooled("postgres://u:p@aws-0-eu.pooler.supabase.com:6543/postgres"));
  assert.ok(!isPooled("postgres://u:p@db.example.org:5432/db"));
});
