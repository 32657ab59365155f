// The store over PostgreSQL.

import type { Message, PaginationOptions, SearchQuery, SearchResult, Session, Store } from "../contract.ts";
import { messageResult, pageOf, paged, perSession, sessionResult, textOf } from "../search/results.ts";
import { termsOf, wordsOf } from "../search/words.ts";
import { lastOfEach, limitOf } from "../stores/pages.ts";
import { SharedTurns } from "../turns/shared-turns.ts";
import type { Database, Sql } from "./client.ts";
import { migrate } from "./schema.ts";
import { PostgresTurnBoard } from "./turn-board.ts";

const MAX_HITS = 1_000; // sessions that one search considers

export class PostgresStore implements Store {
  readonly coordination: SharedTurns;
  readonly #database: Database;
  readonly #board: PostgresTurnBoard;
  readonly #sql: Sql;
  readonly #sessions;
  readonly #messages;

  constructor(database: Database) {
    this.#database = database;
    this.#sql = database.sql;
    this.#sessions = this.#sql(`${database.schema}.sessions`);
    this.#messages = this.#sql(`${database.schema}.messages`);
    this.#board = new PostgresTurnBoard(database);
    this.coordination = new SharedTurns(this.#board);
  }

  async initialize(): Promise<void> {
    await migrate(this.#database);
  }

  async close(): Promise<void> {
    await this.#board.close();
    await this.#sql.end({ timeout: 5 });
  }

  // Bodies are JSON in a text column: jsonb refuses the character NUL, which a model may well say.
  async saveSession(session: Session): Promise<void> {
    await this.#sql`
      insert into ${this.#sessions} (id, last_activity, body, words)
      values (${session.id}, ${session.lastActivity}, ${JSON.stringify(session)},
        array_to_tsvector(${lexemesOf(session.title ?? "")}::text[]))
      on conflict (id) do update
      set last_activity = excluded.last_activity, body = excluded.body, words = excluded.words`;
  }

  async getSession(sessionId: string): Promise<Session | null> {
    const [row] = await this.#sql`select body from ${this.#sessions} where id = ${sessionId}`;
    return row === undefined ? null : (JSON.parse(row.body) as Session);
  }

  async listSessions(): Promise<Session[]> {
    const rows = await this.#sql`select body from ${this.#sessions} order by last_activity desc, number desc`;
    return rows.map((row) => JSON.parse(row.body) as Session);
  }

  async deleteSession(sessionId: string): Promise<void> {
    await this.#sql.begin(async (sql) => {
      await this.#lock(sql, sessionId);
      await sql`delete from ${this.#messages} where session_id = ${sessionId}`;
      await sql`delete from ${this.#sessions} where id = ${sessionId}`;
    });
  }

  async saveMessages(sessionId: string, messages: Message[]): Promise<void> {
    if (messages.length === 0) return;
    const rows = lastOfEach(messages).map((message) => ({
      id: message.id,
      role: message.role,
      timestamp: message.timestamp,
      body: JSON.stringify(message),
      words: `{${lexemesOf(textOf(message)).join(",")}}`,
    }));
    await this.#sql.begin(async (sql) => {
      await this.#lock(sql, sessionId);
      await sql`
        insert into ${this.#messages} (session_id, id, role, timestamp, body, words)
        select ${sessionId}, id, role, timestamp, body, array_to_tsvector(words::text[])
        from unnest(${column(rows, "id")}::text[], ${column(rows, "role")}::text[],
          ${column(rows, "timestamp")}::double precision[], ${column(rows, "body")}::text[],
          ${column(rows, "words")}::text[]) with ordinality as added (id, role, timestamp, body, words, number)
        order by number
        on conflict (session_id, id) do update
        set role = excluded.role, timestamp = excluded.timestamp, body = excluded.body, words = excluded.words`;
    });
  }

  async getMessages(sessionId: string, options: PaginationOptions = {}): Promise<Message[]> {
    const { before } = options;
    const rows = await this.#sql`
      select body from ${this.#messages} where session_id = ${sessionId}
      ${before === undefined ? this.#sql`` : this.#sql`and position < ${this.#positionOf(sessionId, before)}`}
      order by position desc limit ${options.limit === undefined ? null : limitOf(options)}`;
    return rows.reverse().map((row) => JSON.parse(row.body) as Message);
  }

  async clearMessages(sessionId: string): Promise<void> {
    await this.#sql`delete from ${this.#messages} where session_id = ${sessionId}`;
  }

  async searchMessages(query: SearchQuery): Promise<SearchResult[]> {
    const { limit, offset } = pageOf(query);
    const match = matchOf(query);
    if (match === "") return [];
    const rows = await this.#sql`
      select session_id, body, ts_rank(words, ${match}::tsquery) as score
      from ${this.#messages} where ${this.#narrowed(query, match)}
      order by score desc, timestamp desc, position desc limit ${limit} offset ${offset}`;
    return rows.map((row) => messageResult(row.session_id, JSON.parse(row.body) as Message, row.score, query));
  }

  async searchSessions(query: SearchQuery): Promise<SearchResult[]> {
    const match = matchOf(query);
    if (match === "") return [];
    const titles = query.role === undefined ? await this.#titleHits(query, match) : [];
    const rows = await this.#sql`
      select * from (
        select distinct on (session_id) session_id, body, ts_rank(words, ${match}::tsquery) as score
        from ${this.#messages} where ${this.#narrowed(query, match)}
        order by session_id, score desc, timestamp desc) as best
      order by score desc limit ${MAX_HITS}`;
    const hits = rows.map((row) => messageResult(row.session_id, JSON.parse(row.body) as Message, row.score, query));
    return paged(perSession(titles, hits), query);
  }

  async #titleHits(query: SearchQuery, match: string): Promise<SearchResult[]> {
    const { sessionId } = query;
    const rows = await this.#sql`
      select body, ts_rank(words, ${match}::tsquery) as score from ${this.#sessions}
      where words @@ ${match}::tsquery ${sessionId === undefined ? this.#sql`` : this.#sql`and id = ${sessionId}`}
      order by score desc limit ${MAX_HITS}`;
    return rows.map((row) => sessionResult(JSON.parse(row.body) as Session, row.score, query));
  }

  #narrowed(query: SearchQuery, match: string) {
    const { sessionId, role } = query;
    return this.#sql`words @@ ${match}::tsquery
      ${sessionId === undefined ? this.#sql`` : this.#sql`and session_id = ${sessionId}`}
      ${role === undefined ? this.#sql`` : this.#sql`and role = ${role}`}`;
  }

  #positionOf(sessionId: string, messageId: string) {
    return this.#sql`(select position from ${this.#messages} where session_id = ${sessionId} and id = ${messageId})`;
  }

  /** One writer of a session at a time, so that positions follow the order of the commits. */
  async #lock(sql: { (template: TemplateStringsArray, ...values: string[]): Promise<unknown> }, sessionId: string) {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`${this.#database.schema} ${sessionId}`}, 0))`;
  }
}

function column<T, K extends keyof T>(rows: T[], name: K): T[K][] {
  return rows.map((row) => row[name]);
}

/** Words as they are: PostgreSQL's own parser would part them by other rules than the other engines. */
function lexemesOf(text: string): string[] {
  return [...new Set(wordsOf(text))];
}

/** A tsquery: each term begins a word. The terms hold letters and digits only. */
function matchOf(query: SearchQuery): string {
  return termsOf(query.text).map((term) => `'${term}':*`).join(" & ");
}
