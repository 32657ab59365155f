// The session that lives in an object: its SQLite, what of it went to the archive, and what the directory has yet to
// hear. Tiers: an active session is whole in SQLite; one that was idle for long is whole in the archive, with its last
// messages and a summary left here; its next message brings it back.

import type { Host, Message, PaginationOptions, Session } from "../contract.ts";
import { textOf } from "../search/results.ts";
import type { Engine } from "../sqlite/engine.ts";
import { SqliteStore } from "../sqlite/store.ts";
import { newestBefore } from "../stores/pages.ts";
import type { Archive } from "./archive.ts";
import type { Objects, SessionMethods } from "./objects.ts";
import type { Wakes } from "./wakes.ts";

export const DIRECTORY = "directory"; // reasons to wake
export const ARCHIVE = "archive";

const LEFT_HERE = 10; // messages of an archived session
const SEARCHED = 8_000; // characters of a message that the directory gets
const BATCH = 100; // messages to the directory at once
const RETRY_MS = 30_000;

interface Archived {
  at: number;
  messages: number;
  bytes: number;
  from: number; // times of the first and the last message
  to: number;
}

export interface Tiers {
  archive: Archive | null;
  archiveAfterMs: number;
}

export class OwnSession implements SessionMethods {
  readonly #sessionId: string;
  readonly #engine: Engine;
  readonly #store: SqliteStore;
  readonly #objects: Objects;
  readonly #wakes: Wakes;
  readonly #tiers: Tiers;
  readonly #host: Host;
  #telling: Promise<void> | null = null;
  #restoring: Promise<void> | null = null;
  #writes = 0;

  constructor(sessionId: string, engine: Engine, around: { objects: Objects; wakes: Wakes; tiers: Tiers; host: Host }) {
    this.#sessionId = sessionId;
    this.#engine = engine;
    this.#store = new SqliteStore(engine);
    this.#objects = around.objects;
    this.#wakes = around.wakes;
    this.#tiers = around.tiers;
    this.#host = around.host;
  }

  async open(): Promise<void> {
    await this.#store.initialize();
    this.#engine.rows("create table if not exists notes (name text primary key, value text not null) without rowid");
    this.#engine.rows("create table if not exists untold (id text primary key) without rowid");
  }

  readSession(): Promise<Session | null> {
    return this.#store.getSession(this.#sessionId);
  }

  async writeSession(session: Session): Promise<void> {
    await this.#store.saveSession(session);
    if (this.#tiers.archive) this.#wakes.set(ARCHIVE, session.lastActivity + this.#tiers.archiveAfterMs);
    this.#tell([]);
  }

  async readMessages(options: PaginationOptions): Promise<Message[]> {
    const here = await this.#store.getMessages(this.#sessionId, options);
    if (this.#archived === null || isEnough(here, options)) return here;
    const archived = (await this.#tiers.archive?.read()) ?? [];
    return newestBefore(archived, options);
  }

  async writeMessages(messages: Message[]): Promise<void> {
    this.#writes += 1;
    await (this.#restoring ??= this.#restore().finally(() => (this.#restoring = null)));
    await this.#store.saveMessages(this.#sessionId, messages);
    this.#tell(messages.map((message) => message.id));
  }

  async clear(): Promise<void> {
    this.#writes += 1;
    await this.#store.clearMessages(this.#sessionId);
    await this.#forgetArchive();
    await this.#forgetInDirectory();
    this.#tell([]);
  }

  async remove(): Promise<void> {
    this.#writes += 1;
    await this.#store.deleteSession(this.#sessionId);
    this.#wakes.clear(ARCHIVE);
    await this.#forgetArchive();
    await this.#forgetInDirectory();
  }

  /** To the archive, if nothing has happened for long enough. */
  async archiveIfIdle(): Promise<void> {
    const session = await this.readSession();
    const { archive, archiveAfterMs } = this.#tiers;
    if (session === null || archive === null || this.#archived !== null) return;
    const due = session.lastActivity + archiveAfterMs;
    if (due > Date.now()) return this.#wakes.set(ARCHIVE, due);
    const writes = this.#writes;
    const messages = await this.#store.getMessages(this.#sessionId);
    if (messages.length <= LEFT_HERE) return;
    const bytes = await archive.write(messages);
    if (writes !== this.#writes) return this.#wakes.set(ARCHIVE, Date.now() + archiveAfterMs); // it woke up meanwhile
    const [from, to] = [messages[0]!.timestamp, messages.at(-1)!.timestamp];
    this.#store.replaceMessages(this.#sessionId, messages.slice(-LEFT_HERE));
    this.#note("archived", { at: Date.now(), messages: messages.length, bytes, from, to } satisfies Archived);
    this.#host.log("info", "session archived", { sessionId: this.#sessionId, messages: messages.length, bytes });
  }

  /** Tells the directory what it has not heard. Raises when it cannot. */
  async tellDirectory(): Promise<void> {
    const session = await this.readSession();
    if (session === null) return void this.#engine.rows("delete from untold");
    for (;;) {
      const ids = this.#engine.rows("select id from untold limit ?", BATCH).map((row) => String(row.id));
      await this.#objects.directory.keep(session, await this.#searchable(ids));
      for (const id of ids) this.#engine.rows("delete from untold where id = ?", id);
      if (ids.length < BATCH) return;
    }
  }

  #tell(messageIds: string[]): void {
    for (const id of messageIds) this.#engine.rows("insert or ignore into untold (id) values (?)", id);
    // A wake first: what is not told when the object goes is told when it comes back.
    this.#wakes.set(DIRECTORY, Date.now() + RETRY_MS);
    const told = (this.#telling ?? Promise.resolve()).then(() => this.tellDirectory());
    this.#telling = told
      .then(() => this.#wakes.clear(DIRECTORY))
      .catch((error: unknown) => this.#host.log("warn", `the directory was not told: ${String(error)}`));
    this.#host.waitUntil(this.#telling);
  }

  async #searchable(ids: string[]): Promise<Message[]> {
    const wanted = new Set(ids);
    const messages = ids.length === 0 ? [] : await this.#store.getMessages(this.#sessionId);
    return messages.filter((message) => wanted.has(message.id)).map(shortened);
  }

  async #forgetInDirectory(): Promise<void> {
    this.#engine.rows("delete from untold");
    this.#wakes.clear(DIRECTORY);
    await this.#telling;
    await this.#objects.directory.forget(this.#sessionId);
  }

  async #restore(): Promise<void> {
    if (this.#archived === null) return;
    const messages = await this.#tiers.archive?.read();
    if (messages) this.#store.replaceMessages(this.#sessionId, messages);
    else this.#host.log("error", "the archive is gone; its last messages are left", { sessionId: this.#sessionId });
    await this.#forgetArchive();
  }

  async #forgetArchive(): Promise<void> {
    if (this.#archived === null) return;
    this.#engine.rows("delete from notes where name = 'archived'");
    await this.#tiers.archive?.remove();
  }

  get #archived(): Archived | null {
    const [row] = this.#engine.rows("select value from notes where name = 'archived'");
    return row === undefined ? null : (JSON.parse(String(row.value)) as Archived);
  }

  #note(name: string, value: object): void {
    this.#engine.rows("insert or replace into notes (name, value) values (?, ?)", name, JSON.stringify(value));
  }
}

function isEnough(here: Message[], { limit, before }: PaginationOptions): boolean {
  return limit !== undefined && here.length >= limit && before === undefined;
}

/** A message as the directory keeps it. */
function shortened(message: Message): Message {
  const { id, role, timestamp } = message;
  return { id, role, timestamp, content: [{ type: "text", text: textOf(message).slice(0, SEARCHED) }] };
}
