// What a turn has said so far. Whoever follows hears it from the start, at their own pace.

import type { AgentEvent } from "../contract.ts";

export class EventLog {
  readonly #events: AgentEvent[] = [];
  #closed = false;
  #wake: (() => void)[] = [];

  push(event: AgentEvent): void {
    this.#events.push(event);
    this.#wakeAll();
  }

  close(): void {
    this.#closed = true;
    this.#wakeAll();
  }

  /** Ends with the log, or when the signal says so. */
  async *follow(signal: AbortSignal): AsyncGenerator<AgentEvent> {
    const stop = () => this.#wakeAll();
    signal.addEventListener("abort", stop, { once: true });
    try {
      for (let next = 0; !signal.aborted;) {
        if (next < this.#events.length) yield this.#events[next++]!;
        else if (this.#closed) return;
        else await new Promise<void>((resolve) => this.#wake.push(resolve));
      }
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  #wakeAll(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const resolve of waiting) resolve();
  }
}
