// Sessions and turns in PostgreSQL, also that of Neon, Supabase and others: they speak the same protocol.

import type { StoreFactory } from "../contract.ts";
import { Failure, StorageError, sentenceOf } from "../failure.ts";
import { databaseOf } from "../postgres/client.ts";
import { PostgresStore } from "../postgres/store.ts";

const postgres: StoreFactory = async (config) => {
  const store = new PostgresStore(databaseOf(config));
  try {
    await store.initialize();
  } catch (error) {
    await store.close();
    throw error instanceof Failure ? error : unavailable(error);
  }
  return store;
};
export default postgres;

function unavailable(error: unknown): StorageError {
  return new StorageError("storage_unavailable", `The database cannot be used: ${sentenceOf(error)}`, {
    next: "Check that the database runs, that its URL is right, and that its user may create a schema.",
    cause: error,
  });
}
