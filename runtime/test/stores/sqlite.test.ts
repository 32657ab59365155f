import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { it } from "node:test";

import { Failure } from "../../src/failure.ts";
import sqlite from "../../src/stores/sqlite.ts";
import { bundleWith, hostWith } from "../hosts.ts";
import { session, storeContract } from "./store-contract.ts";

async function inFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "dexto-sqlite-"));
  try {
    return await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

storeContract("sqlite", async () => {
  const folder = await mkdtemp(join(tmpdir(), "dexto-sqlite-"));
  const open = () => sqlite({ type: "sqlite", path: join(folder, "new", "sessions.sqlite") }, hostWith(), bundleWith());
  const store = await open();
  return {
    store,
    reopen: open,
    close: async () => {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
});

it("processes that append to one file lose nothing", () =>
  inFolder(async (folder) => {
    const path = join(folder, "sessions.sqlite");
    const writers = ["a", "b", "c"].map((name) => fork(join(import.meta.dirname, "sqlite-writer.ts"), [path, name, "60"]));
    const ends = await Promise.all(writers.map((writer) => once(writer, "exit")));
    assert.deepEqual(ends.map(([code]) => code), [0, 0, 0]);
    const store = await sqlite({ path }, hostWith(), bundleWith());
    const read = await store.getMessages("shared");
    assert.equal(read.length, 180);
    for (const name of ["a", "b", "c"]) {
      const own = read.filter((one) => one.id.startsWith(name)).map((one) => one.id);
      assert.deepEqual(own, Array.from({ length: 60 }, (_, n) => `${name}${n}`));
    }
    assert.equal((await store.searchMessages!({ text: "written", limit: 200 })).length, 180);
    await store.close();
  }));

it("a file that a newer runtime wrote is refused by name, and left as it is", () =>
  inFolder(async (folder) => {
    const path = join(folder, "sessions.sqlite");
    const store = await sqlite({ path }, hostWith(), bundleWith());
    await store.saveSession(session("s"));
    await store.close();
    const database = new DatabaseSync(path);
    database.exec("update schema_version set version = 99");
    database.close();
    await assert.rejects(sqlite({ path }, hostWith(), bundleWith()), (error: Failure) => error.code === "storage_schema_newer");
  }));

it("a path that cannot be opened is said by name", () =>
  inFolder(async (folder) => {
    await assert.rejects(sqlite({ path: folder }, hostWith(), bundleWith()), (error: Failure) => error.code === "storage_unavailable");
  }));
