// Wakes whoever waits for news of a key. News that come while nobody waits are not lost: the next wait ends at once.

export class Bell {
  #rung = false;
  #waiting: (() => void) | null = null;

  ring(): void {
    this.#rung = true;
    this.#waiting?.();
  }

  /** Until the bell rings, for `ms` at most, or until the signal aborts. Whether it rang. */
  async wait(ms: number, signal: AbortSignal): Promise<boolean> {
    if (!this.#rung && !signal.aborted) await this.#rings(ms, signal);
    const rang = this.#rung;
    this.#rung = false;
    return rang;
  }

  #rings(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        this.#waiting = null;
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener("abort", done);
      this.#waiting = done;
    });
  }
}

/** The bells of all who wait in this process, by key. */
export class Bells {
  readonly #bells = new Map<string, Set<Bell>>();

  get count(): number {
    return this.#bells.size;
  }

  hang(key: string): Bell {
    const bell = new Bell();
    const bells = this.#bells.get(key) ?? new Set();
    this.#bells.set(key, bells.add(bell));
    return bell;
  }

  take(key: string, bell: Bell): void {
    const bells = this.#bells.get(key);
    bells?.delete(bell);
    if (bells?.size === 0) this.#bells.delete(key);
  }

  ring(key: string): void {
    for (const bell of this.#bells.get(key) ?? []) bell.ring();
  }

  /** After a broken connection nobody knows what was missed. */
  ringAll(): void {
    for (const key of this.#bells.keys()) this.ring(key);
  }
}
