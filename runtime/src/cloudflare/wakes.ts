// Several reasons to wake an object, over the one alarm that it has.

import type { DurableObjectState } from "cloudflare:workers";
import type { Engine } from "../sqlite/engine.ts";

export class Wakes {
  readonly #ctx: DurableObjectState;
  readonly #engine: Engine;

  constructor(ctx: DurableObjectState, engine: Engine) {
    this.#ctx = ctx;
    this.#engine = engine;
  }

  open(): void {
    this.#engine.rows("create table if not exists wakes (reason text primary key, at real not null) without rowid");
  }

  /** At this time, instead of when it was set before. */
  set(reason: string, at: number): void {
    this.#engine.rows("insert or replace into wakes (reason, at) values (?, ?)", reason, at);
    this.#arrange();
  }

  clear(reason: string): void {
    this.#engine.rows("delete from wakes where reason = ?", reason);
    this.#arrange();
  }

  /** The reasons whose time has come, each once. */
  due(now = Date.now()): string[] {
    const rows = this.#engine.rows("delete from wakes where at <= ? returning reason", now);
    this.#arrange();
    return rows.map((row) => String(row.reason));
  }

  #arrange(): void {
    const [row] = this.#engine.rows("select min(at) as at from wakes");
    const done = row?.at == null ? this.#ctx.storage.deleteAlarm() : this.#ctx.storage.setAlarm(Number(row.at));
    this.#ctx.waitUntil(done);
  }
}
