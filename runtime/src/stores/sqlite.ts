// Sessions in one SQLite file, by Node's own SQLite. Several processes may have it open.

import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";

import type { Json, StoreFactory } from "../contract.ts";
import { StorageError, sentenceOf } from "../failure.ts";
import type { Engine, Row, Value } from "../sqlite/engine.ts";
import { SqliteStore } from "../sqlite/store.ts";

const DEFAULT_PATH = "data/sessions.sqlite"; // below the folder in which the agent runs
const WAIT_MS = 10_000; // for another process's transaction

class NodeEngine implements Engine {
  readonly maxCharacters = 64_000_000;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(path: string) {
    this.#database = new DatabaseSync(path, { timeout: WAIT_MS });
    this.#database.exec("pragma journal_mode = wal; pragma synchronous = normal; pragma foreign_keys = on");
  }

  rows(sql: string, ...values: Value[]): Row[] {
    return this.#prepared(sql).all(...values) as Row[];
  }

  transaction<T>(work: () => T): T {
    // Immediate: a transaction that reads first and then wants to write could not wait for its turn.
    this.#database.exec("begin immediate");
    try {
      const result = work();
      this.#database.exec("commit");
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("rollback");
      throw error;
    }
  }

  close(): void {
    this.#statements.clear();
    if (this.#database.isOpen) this.#database.close();
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

const sqlite: StoreFactory = async (config) => {
  const path = pathOf(config);
  const store = new SqliteStore(opened(path));
  await store.initialize();
  return store;
};
export default sqlite;

function opened(path: string): NodeEngine {
  try {
    if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true });
    return new NodeEngine(path);
  } catch (error) {
    throw new StorageError("storage_unavailable", `The SQLite file could not be opened: ${sentenceOf(error)}`, {
      next: "Set storage.database.path to a file in a folder that the agent may write to.",
      cause: error,
    });
  }
}

function pathOf(config: Record<string, Json>): string {
  const named = config.path ?? config.database;
  if (named === ":memory:") return named;
  return resolve(typeof named === "string" && named !== "" ? named : DEFAULT_PATH);
}
