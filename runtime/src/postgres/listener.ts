// One connection of this process that LISTENs, open while somebody waits and a little longer.

import { Bells, type Bell } from "../turns/bells.ts";
import type { News } from "../turns/shared-turns.ts";
import type { Database, Sql } from "./client.ts";

const IDLE_MS = 30_000; // before the connection is given back: a database that sleeps when idle shall sleep
const PROOF_MS = 2_000;
const PROVEN_FOR_MS = 30_000;
const DEAF_FOR_MS = 60_000; // before listening is tried again where nothing was heard
const PAUSE_MS = 15_000; // where news arrive
const POLL_MS = 500; // where they do not: behind a pooler that hands a connection to each transaction

export class Listener {
  readonly #database: Database;
  readonly #channel: string;
  readonly #bells = new Bells();
  #connection: { sql: Sql; ready: Promise<void> } | null = null;
  #idle: ReturnType<typeof setTimeout> | undefined;
  #provenAt = 0;
  #deafUntil = 0;
  #proving: Promise<void> | null = null;

  constructor(database: Database, channel: string) {
    this.#database = database;
    this.#channel = channel;
  }

  /** What NOTIFY has to say so that those who listen for this key are woken. */
  static payload(key: string): string {
    return encodeURIComponent(key.toWellFormed()).slice(0, 1_000);
  }

  async listen(key: string): Promise<News> {
    clearTimeout(this.#idle);
    const payload = Listener.payload(key);
    const bell = this.#bells.hang(payload);
    await this.#connected();
    return { bell, pauseMs: () => this.#pauseMs(), end: () => this.#end(payload, bell) };
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const connection = this.#connection;
    this.#connection = null;
    this.#provenAt = 0;
    await connection?.ready.catch(() => undefined);
    await connection?.sql.end({ timeout: 1 });
  }

  #pauseMs(): number {
    if (this.#provenAt > 0) return PAUSE_MS;
    if (this.#connection === null) void this.#connected();
    return POLL_MS;
  }

  async #connected(): Promise<void> {
    if (Date.now() < this.#deafUntil) return;
    this.#connection ??= this.#connect();
    // Where LISTEN is not to be had, polling still finds everything.
    await this.#connection.ready.catch(() => undefined);
    if (Date.now() - this.#provenAt > PROVEN_FOR_MS) this.#proving ??= this.#prove().finally(() => (this.#proving = null));
  }

  #connect(): { sql: Sql; ready: Promise<void> } {
    const sql = this.#database.ear(
      (payload) => this.#bells.ring(payload),
      () => this.#lost(sql),
    );
    const ready = sql.unsafe(`listen ${this.#channel}`).then(() => this.#bells.ringAll());
    ready.catch(() => undefined);
    return { sql, ready };
  }

  /** Nobody knows what was missed, so whoever waits looks, and polls until there is a new connection. */
  #lost(sql: Sql): void {
    if (this.#connection?.sql !== sql) return;
    this.#connection = null;
    this.#provenAt = 0;
    this.#bells.ringAll();
    void sql.end({ timeout: 1 });
  }

  /** Whether what one connection notifies is heard on the other. */
  async #prove(): Promise<void> {
    const payload = `proof-${crypto.randomUUID()}`;
    const bell = this.#bells.hang(payload);
    const heard = bell.wait(PROOF_MS, new AbortController().signal);
    await this.#database.sql`select pg_notify(${this.#channel}, ${payload})`.catch(() => undefined);
    const proven = await heard;
    this.#bells.take(payload, bell);
    if (!proven) await this.close().catch(() => undefined);
    if (!proven) this.#deafUntil = Date.now() + DEAF_FOR_MS;
    this.#provenAt = proven ? Date.now() : 0;
    this.#rest();
  }

  #end(payload: string, bell: Bell): void {
    this.#bells.take(payload, bell);
    this.#rest();
  }

  #rest(): void {
    if (this.#bells.count > 0 || this.#connection === null) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => void this.close().catch(() => undefined), IDLE_MS);
    unref(this.#idle);
  }
}

/** Node would stay awake for the timer; Workers have no such thing. */
function unref(timer: unknown): void {
  (timer as { unref?: () => void }).unref?.();
}
