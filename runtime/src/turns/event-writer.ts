// Writes a turn's events in order. What comes while a write is under way goes with the next one, all at once:
// a fast model costs as many writes as the engine can take, not one for each word.

export class EventWriter {
  readonly #append: (events: string[]) => Promise<void>;
  #waiting: string[] = [];
  #next: Promise<void> | null = null;
  #last: Promise<void> = Promise.resolve();

  constructor(append: (events: string[]) => Promise<void>) {
    this.#append = append;
  }

  /** Settles when the event is written. */
  write(event: string): Promise<void> {
    this.#waiting.push(event);
    this.#next ??= this.#last = this.#after(this.#last);
    return this.#next;
  }

  /** Settles when everything so far is written, or has failed. */
  async written(): Promise<void> {
    await this.#last.catch(() => undefined);
  }

  async #after(previous: Promise<void>): Promise<void> {
    await previous.catch(() => undefined);
    const events = this.#waiting;
    this.#waiting = [];
    this.#next = null;
    await this.#append(events);
  }
}
