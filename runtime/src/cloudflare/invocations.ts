// A turn may be longer than one invocation: its time on the processor is limited, and an object may be moved or lost.
// Between two steps, once the invocation has used its share, the turn waits for an alarm, which is a new invocation.
// What a lost object was doing is written down; the alarm that was set while it worked finds that, and the turn goes
// on with what the history has.

import type { Host, TurnWatch } from "../contract.ts";
import type { Engine } from "../sqlite/engine.ts";
import type { Wakes } from "./wakes.ts";

export const TURN = "turn"; // a reason to wake
const LOOK_AGAIN_MS = 30_000;

export class Invocations implements TurnWatch {
  readonly #engine: Engine;
  readonly #wakes: Wakes;
  readonly #host: Pick<Host, "log">;
  readonly #shareMs: number;
  #began = Date.now();
  #running = false; // in this object's memory
  #next: (() => void) | null = null;

  constructor(engine: Engine, wakes: Wakes, host: Pick<Host, "log">, shareMs: number) {
    this.#engine = engine;
    this.#wakes = wakes;
    this.#host = host;
    this.#shareMs = shareMs;
  }

  open(): void {
    this.#engine.rows("create table if not exists running_turn (since real not null)");
    // This object is new, so what ran was lost.
    if (this.#engine.rows("select since from running_turn").length > 0) this.#wakes.set(TURN, Date.now());
  }

  /** Each request and each message is an invocation of its own. */
  invoked(): void {
    this.#began = Date.now();
  }

  began(): void {
    this.#running = true;
    this.#engine.rows("delete from running_turn");
    this.#engine.rows("insert into running_turn (since) values (?)", Date.now());
    this.#wakes.set(TURN, Date.now() + LOOK_AGAIN_MS);
  }

  async stepped(sessionId: string): Promise<void> {
    if (Date.now() - this.#began < this.#shareMs) return;
    this.#host.log("info", "the turn goes on in a next invocation", { sessionId });
    const continued = new Promise<void>((resolve) => (this.#next = resolve));
    this.#wakes.set(TURN, Date.now());
    await continued;
  }

  ended(): void {
    this.#running = false;
    this.#engine.rows("delete from running_turn");
    this.#wakes.clear(TURN);
  }

  /** The alarm rang for a turn. True where the turn was lost and has to be begun again. */
  woken(): boolean {
    this.invoked();
    const isLost = !this.#running && this.#engine.rows("select since from running_turn").length > 0;
    if (this.#running) this.#wakes.set(TURN, Date.now() + LOOK_AGAIN_MS);
    const next = this.#next;
    this.#next = null;
    next?.();
    return isLost;
  }
}
