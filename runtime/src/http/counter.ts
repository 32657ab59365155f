// Counts for one process, where the agent has no cache that others share.

const MOST = 10_000;

export class MemoryCounter {
  readonly #counts = new Map<string, { value: number; until: number }>();

  async increment(key: string, by: number, ttlMs: number): Promise<number> {
    const now = Date.now();
    const known = this.#counts.get(key);
    const count = known && known.until > now ? known : { value: 0, until: now + ttlMs };
    count.value += by;
    this.#counts.set(key, count);
    if (this.#counts.size > MOST) this.#sweep(now);
    return count.value;
  }

  #sweep(now: number): void {
    for (const [key, { until }] of this.#counts) if (until <= now || this.#counts.size > MOST) this.#counts.delete(key);
  }
}
