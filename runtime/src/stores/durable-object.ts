// Sessions in the SQLite of the Durable Object that the agent lives in.

import type { Host, Store, StoreFactory } from "../contract.ts";
import { StorageError } from "../failure.ts";
import type { Engine, Row, Value } from "../sqlite/engine.ts";
import { SqliteStore } from "../sqlite/store.ts";

/** What is used of a Durable Object's `ctx.storage`. */
export interface ObjectStorage {
  sql: { exec(query: string, ...bindings: unknown[]): { toArray(): Record<string, unknown>[] } };
  transactionSync<T>(work: () => T): T;
}

/** Among the bindings: `ctx.storage`, for a store of that object alone. */
export const OBJECT_STORAGE = "DEXTO_OBJECT_STORAGE";
/** Among the bindings: a store that the entry has opened, which knows the sessions of other objects too. */
export const OBJECT_STORE = "DEXTO_OBJECT_STORE";

export class ObjectEngine implements Engine {
  // A value holds two million bytes, a character up to three.
  readonly maxCharacters = 600_000;
  readonly #storage: ObjectStorage;

  constructor(storage: ObjectStorage) {
    this.#storage = storage;
  }

  rows(sql: string, ...values: Value[]): Row[] {
    return this.#storage.sql.exec(sql, ...values).toArray() as Row[];
  }

  transaction<T>(work: () => T): T {
    return this.#storage.transactionSync(work);
  }

  close(): void {}
}

const durableObject: StoreFactory = async (_config, host) => {
  const opened = host.bindings[OBJECT_STORE];
  if (opened !== undefined) return opened as Store;
  const store = new SqliteStore(new ObjectEngine(storageOf(host)));
  await store.initialize();
  return store;
};
export default durableObject;

function storageOf(host: Host): ObjectStorage {
  const storage = host.bindings[OBJECT_STORAGE];
  if (storage === undefined) {
    throw new StorageError("storage_unavailable", "This store lives in a Durable Object, and here is none");
  }
  return storage as ObjectStorage;
}
