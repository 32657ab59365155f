// The store over SQLite, whichever host it lives in.

import type { Message, PaginationOptions, SearchQuery, SearchResult, Session, Store } from "../contract.ts";
import { messageResult, pageOf, paged, perSession, sessionResult, textOf } from "../search/results.ts";
import { termsOf, wordsOf } from "../search/words.ts";
import { limitOf } from "../stores/pages.ts";
import type { Engine, Row, Value } from "./engine.ts";
import { migrate } from "./schema.ts";

const ALL = -1; // a limit that SQLite takes for none
const MAX_HITS = 1_000; // sessions that one search considers

export class SqliteStore implements Store {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async initialize(): Promise<void> {
    migrate(this.#engine);
  }

  async close(): Promise<void> {
    this.#engine.close();
  }

  async saveSession(session: Session): Promise<void> {
    this.#engine.transaction(() => {
      const [row] = this.#engine.rows(
        `insert into sessions (id, last_activity, body) values (?, ?, ?) on conflict (id)
         do update set last_activity = excluded.last_activity, body = excluded.body returning number`,
        session.id,
        session.lastActivity,
        JSON.stringify(session),
      );
      this.#index("session_words", row?.number ?? null, session.title ?? "");
    });
  }

  async getSession(sessionId: string): Promise<Session | null> {
    const [row] = this.#engine.rows("select body from sessions where id = ?", sessionId);
    return row === undefined ? null : (JSON.parse(String(row.body)) as Session);
  }

  async listSessions(): Promise<Session[]> {
    const rows = this.#engine.rows("select body from sessions order by last_activity desc, number desc");
    return rows.map((row) => JSON.parse(String(row.body)) as Session);
  }

  async deleteSession(sessionId: string): Promise<void> {
    this.#engine.transaction(() => {
      this.#forget(sessionId);
      this.#engine.rows("delete from session_words where rowid = (select number from sessions where id = ?)", sessionId);
      this.#engine.rows("delete from sessions where id = ?", sessionId);
    });
  }

  async saveMessages(sessionId: string, messages: Message[]): Promise<void> {
    if (messages.length === 0) return;
    this.#engine.transaction(() => messages.forEach((message) => this.#save(sessionId, message)));
  }

  async getMessages(sessionId: string, options: PaginationOptions = {}): Promise<Message[]> {
    const limit = options.limit === undefined ? ALL : limitOf(options);
    const [before, value] = options.before === undefined ? ["", []] : [BEFORE, [sessionId, options.before]];
    const rows = this.#engine.rows(
      `select position, body, parts from messages where session_id = ? ${before} order by position desc limit ?`,
      sessionId,
      ...value,
      limit,
    );
    return rows.reverse().map((row) => this.#message(row));
  }

  async clearMessages(sessionId: string): Promise<void> {
    this.#engine.transaction(() => this.#forget(sessionId));
  }

  /** These instead of all that the session has, at once or not at all. */
  replaceMessages(sessionId: string, messages: Message[]): void {
    this.#engine.transaction(() => {
      this.#forget(sessionId);
      messages.forEach((message) => this.#save(sessionId, message));
    });
  }

  async searchMessages(query: SearchQuery): Promise<SearchResult[]> {
    const { limit, offset } = pageOf(query);
    const order = "order by score desc, m.timestamp desc, m.position desc limit ? offset ?";
    return this.#messageHits(query, "h.score", order, [limit, offset]);
  }

  async searchSessions(query: SearchQuery): Promise<SearchResult[]> {
    const titles = query.role === undefined ? this.#titleHits(query) : [];
    // With max(), SQLite takes the other columns from the row that holds the maximum.
    const best = "group by m.session_id order by score desc limit ?";
    return paged(perSession(titles, this.#messageHits(query, "max(h.score)", best, [MAX_HITS])), query);
  }

  #save(sessionId: string, message: Message): void {
    const body = JSON.stringify(message);
    const parts = partsOf(body, this.#engine.maxCharacters);
    const [row] = this.#engine.rows(
      `insert into messages (session_id, id, role, timestamp, body, parts) values (?, ?, ?, ?, ?, ?)
       on conflict (session_id, id) do update set role = excluded.role, timestamp = excluded.timestamp,
       body = excluded.body, parts = excluded.parts returning position`,
      sessionId,
      message.id,
      message.role,
      message.timestamp,
      parts.length === 1 ? body : "",
      parts.length === 1 ? 0 : parts.length,
    );
    const position = row?.position ?? null;
    this.#engine.rows("delete from message_parts where position = ?", position);
    if (parts.length > 1) this.#saveParts(position, parts);
    this.#index("message_words", position, textOf(message));
  }

  #saveParts(position: Value, parts: string[]): void {
    const insert = "insert into message_parts (position, part, body) values (?, ?, ?)";
    parts.forEach((part, number) => this.#engine.rows(insert, position, number, part));
  }

  #index(table: "message_words" | "session_words", rowid: Value, text: string): void {
    this.#engine.rows(`delete from ${table} where rowid = ?`, rowid);
    const words = wordsOf(text).join(" ");
    if (words !== "") this.#engine.rows(`insert into ${table} (rowid, words) values (?, ?)`, rowid, words);
  }

  #forget(sessionId: string): void {
    const positions = "(select position from messages where session_id = ?)";
    this.#engine.rows(`delete from message_words where rowid in ${positions}`, sessionId);
    this.#engine.rows(`delete from message_parts where position in ${positions}`, sessionId);
    this.#engine.rows("delete from messages where session_id = ?", sessionId);
  }

  #message(row: Row): Message {
    return JSON.parse(row.parts === 0 ? String(row.body) : this.#joined(row.position ?? null)) as Message;
  }

  #joined(position: Value): string {
    const rows = this.#engine.rows("select body from message_parts where position = ? order by part", position);
    return rows.map((row) => String(row.body)).join("");
  }

  #messageHits(query: SearchQuery, score: string, ending: string, values: Value[]): SearchResult[] {
    const match = matchOf(query);
    if (match === null) return [];
    const narrower = [
      ...(query.sessionId === undefined ? [] : [["and m.session_id = ?", query.sessionId] as const]),
      ...(query.role === undefined ? [] : [["and m.role = ?", query.role] as const]),
    ];
    const rows = this.#engine.rows(
      `with h as materialized (
         select rowid as position, -bm25(message_words) as score from message_words where message_words match ?)
       select m.session_id, m.position, m.body, m.parts, ${score} as score from h join messages m on m.position = h.position
       where true ${narrower.map(([clause]) => clause).join(" ")} ${ending}`,
      match,
      ...narrower.map(([, value]) => value),
      ...values,
    );
    return rows.map((row) => messageResult(String(row.session_id), this.#message(row), Number(row.score), query));
  }

  #titleHits(query: SearchQuery): SearchResult[] {
    const match = matchOf(query);
    if (match === null) return [];
    const rows = this.#engine.rows(
      `select s.body, -bm25(session_words) as score from session_words join sessions s on s.number = session_words.rowid
       where session_words match ? and (? is null or s.id = ?) order by score desc limit ?`,
      match,
      query.sessionId ?? null,
      query.sessionId ?? null,
      MAX_HITS,
    );
    return rows.map((row) => sessionResult(JSON.parse(String(row.body)) as Session, Number(row.score), query));
  }
}

const BEFORE = "and position < (select position from messages where session_id = ? and id = ?)";

/** FTS5's words for a query: each term begins a word. The terms hold letters and digits only. */
function matchOf(query: SearchQuery): string | null {
  const terms = termsOf(query.text);
  return terms.length === 0 ? null : terms.map((term) => `"${term}"*`).join(" ");
}

function partsOf(body: string, size: number): string[] {
  const count = Math.max(1, Math.ceil(body.length / size));
  return Array.from({ length: count }, (_, part) => body.slice(part * size, (part + 1) * size));
}
