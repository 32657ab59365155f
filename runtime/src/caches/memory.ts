// Counters and short-lived values of this process alone.

import type { Cache, CacheFactory } from "../contract.ts";

const MAX_ENTRIES = 10_000; // the one that was used least recently goes first

interface Entry {
  value: string;
  endsAt: number;
}

export class MemoryCache implements Cache {
  readonly #entries = new Map<string, Entry>(); // in the order of their last use

  async get(key: string): Promise<string | null> {
    return this.#live(key)?.value ?? null;
  }

  async set(key: string, value: string, ttlMs = Infinity): Promise<void> {
    this.#keep(key, { value, endsAt: Date.now() + ttlMs });
  }

  async delete(key: string): Promise<void> {
    this.#entries.delete(key);
  }

  async increment(key: string, by: number, ttlMs: number): Promise<number> {
    const known = this.#live(key);
    const count = Number(known?.value ?? 0) + Math.round(by);
    this.#keep(key, { value: String(count), endsAt: known?.endsAt ?? Date.now() + ttlMs });
    return count;
  }

  async close(): Promise<void> {
    this.#entries.clear();
  }

  #live(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.endsAt > Date.now()) {
      if (entry !== undefined) this.#keep(key, entry);
      return entry;
    }
    this.#entries.delete(key);
    return undefined;
  }

  #keep(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (this.#entries.size > MAX_ENTRIES) this.#entries.delete(this.#entries.keys().next().value!);
  }
}

const memory: CacheFactory = async () => new MemoryCache();
export default memory;
