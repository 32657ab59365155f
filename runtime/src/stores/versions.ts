// Schema versions of stores.

import { StorageError } from "../failure.ts";

/** What is stored was written by a runtime that knows more than this one. */
export function newer(found: number, known: number): StorageError {
  return new StorageError(
    "storage_schema_newer",
    `The store is at schema version ${found}, and this runtime knows versions up to ${known}`,
    { next: "Deploy a runtime at least as new as the one that wrote the store." },
  );
}
