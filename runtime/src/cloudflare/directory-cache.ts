// The cache of an agent whose objects have nothing else in common than their directory.

import type { Cache } from "../contract.ts";
import type { Objects } from "./objects.ts";

export function directoryCache(objects: Objects): Cache {
  return {
    get: (key) => objects.directory.value(key),
    set: (key, value, ttlMs) => objects.directory.setValue(key, value, ttlMs ?? null),
    delete: (key) => objects.directory.deleteValue(key),
    increment: (key, by, ttlMs) => objects.directory.increment(key, by, ttlMs),
    close: async () => undefined,
  };
}
