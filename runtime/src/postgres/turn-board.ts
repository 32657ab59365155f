// Turns of all processes in PostgreSQL: rows are the truth, NOTIFY only wakes those who wait.

import {
  ANSWER_KEPT_MS,
  KEPT_MS,
  answerKey,
  turnKey,
  type News,
  type Reading,
  type TurnBoard,
  type TurnState,
} from "../turns/shared-turns.ts";
import type { Database, Sql } from "./client.ts";
import { Listener } from "./listener.ts";

const PAGE = 500; // events in one reading

export class PostgresTurnBoard implements TurnBoard {
  readonly #sql: Sql;
  readonly #schema: string;
  readonly #listener: Listener;
  readonly #turns;
  readonly #events;
  readonly #answers;

  constructor(database: Database) {
    this.#sql = database.sql;
    this.#schema = database.schema;
    this.#turns = this.#sql(`${database.schema}.turns`);
    this.#events = this.#sql(`${database.schema}.turn_events`);
    this.#answers = this.#sql(`${database.schema}.answers`);
    this.#listener = new Listener(database, this.#channel);
  }

  async take(sessionId: string, turnId: string, ttlMs: number): Promise<boolean> {
    const taken = await this.#sql`
      insert into ${this.#turns} as held (session_id, turn_id, expires_at)
      values (${sessionId}, ${turnId}, now() + ${ttlMs} * interval '1 millisecond')
      on conflict (session_id) do update
      set turn_id = excluded.turn_id, expires_at = excluded.expires_at, cancelled = false
      where held.expires_at <= now() returning 1`;
    if (taken.length === 0) return false;
    await this.#sweep();
    return true;
  }

  async renew(sessionId: string, turnId: string, ttlMs: number): Promise<boolean> {
    const renewed = await this.#sql`
      update ${this.#turns} set expires_at = now() + ${ttlMs} * interval '1 millisecond'
      where session_id = ${sessionId} and turn_id = ${turnId} and not cancelled and expires_at > now() returning 1`;
    return renewed.length > 0;
  }

  async release(sessionId: string, turnId: string): Promise<void> {
    await this.#sql`
      with ended as (
        delete from ${this.#turns} where session_id = ${sessionId} and turn_id = ${turnId} returning 1)
      select pg_notify(${this.#channel}, ${Listener.payload(turnKey(sessionId))}) from ended`;
  }

  async state(sessionId: string): Promise<TurnState | null> {
    const [row] = await this.#sql`
      select turn_id, cancelled, extract(epoch from expires_at - now())::double precision * 1000 as remaining
      from ${this.#turns} where session_id = ${sessionId} and expires_at > now()`;
    return row === undefined ? null : { turnId: row.turn_id, cancelled: row.cancelled, remainingMs: row.remaining };
  }

  async cancel(sessionId: string): Promise<boolean> {
    const told = await this.#sql`
      with cancelled as (
        update ${this.#turns} set cancelled = true where session_id = ${sessionId} and expires_at > now() returning 1)
      select pg_notify(${this.#channel}, ${Listener.payload(turnKey(sessionId))}) from cancelled`;
    return told.length > 0;
  }

  async append(sessionId: string, turnId: string, events: string[]): Promise<void> {
    await this.#sql`
      with written as (
        insert into ${this.#events} (session_id, turn_id, event)
        select ${sessionId}, ${turnId}, event
        from unnest(${events}::text[]) with ordinality as added (event, number) order by number)
      select pg_notify(${this.#channel}, ${Listener.payload(turnKey(sessionId))})`;
  }

  async read(sessionId: string, turnId: string, after: string | null): Promise<Reading> {
    const rows = await this.#sql`
      select number::text as number, event from ${this.#events}
      where session_id = ${sessionId} and turn_id = ${turnId} and turn_events.number > ${after ?? "0"}::bigint
      order by turn_events.number limit ${PAGE}`;
    return { events: rows.map((row) => row.event), place: rows.at(-1)?.number ?? after ?? "0" };
  }

  async putAnswer(approvalId: string, answer: string): Promise<void> {
    await this.#sql`
      with written as (
        insert into ${this.#answers} (approval_id, answer) values (${approvalId}, ${answer}) on conflict do nothing)
      select pg_notify(${this.#channel}, ${Listener.payload(answerKey(approvalId))})`;
  }

  async getAnswer(approvalId: string): Promise<string | null> {
    const [row] = await this.#sql`select answer from ${this.#answers} where approval_id = ${approvalId}`;
    return row?.answer ?? null;
  }

  listen(key: string): Promise<News> {
    return this.#listener.listen(key);
  }

  close(): Promise<void> {
    return this.#listener.close();
  }

  get #channel(): string {
    return `${this.#schema}_news`;
  }

  /** Forgets what nobody reads any more; a running turn's events stay, however long it takes. */
  async #sweep(): Promise<void> {
    await this.#sql`
      delete from ${this.#events} as old where written_at < now() - ${KEPT_MS} * interval '1 millisecond' and not exists (
        select from ${this.#turns} as held where held.session_id = old.session_id and held.turn_id = old.turn_id)`;
    await this.#sql`
      delete from ${this.#answers} where written_at < now() - ${ANSWER_KEPT_MS} * interval '1 millisecond'`;
  }
}
