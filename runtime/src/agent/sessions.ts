// The sessions of one agent in its store: how many there are, how long they live, what is in them.

import type { Json, Message, PaginationOptions, SearchQuery, SearchResult, Session, Store } from "../contract.ts";
import { invalid, RuntimeError, sessionNotFound } from "../errors.ts";
import { scanMessages, scanSessions } from "../search/scan.ts";
import type { Settings } from "./settings.ts";

const SESSION_ID = /^[A-Za-z0-9_][A-Za-z0-9_.:@-]{0,127}$/;

export const isSessionId = (value: unknown): value is string => typeof value === "string" && SESSION_ID.test(value);

export function checkedSessionId(value: unknown): string {
  if (isSessionId(value)) return value;
  throw invalid(
    "session_id_invalid",
    "sessionId is 1 to 128 letters, digits and . : @ _ -, and begins with a letter or digit.",
  );
}

export class Sessions {
  readonly store: Store;
  readonly #agentId: string;
  readonly #limits: Settings["sessions"];
  readonly #changes = new Map<string, Promise<void>>(); // by session

  constructor(store: Store, agentId: string, limits: Settings["sessions"]) {
    this.store = store;
    this.#agentId = agentId;
    this.#limits = limits;
  }

  /** Null also where the session is another agent's in the same store. */
  async find(sessionId: string): Promise<Session | null> {
    const session = await this.store.getSession(sessionId);
    if (session === null || session.agentId !== this.#agentId) return null;
    return session;
  }

  async get(sessionId: string): Promise<Session> {
    const session = await this.find(sessionId);
    if (session === null) throw sessionNotFound(sessionId);
    return session;
  }

  /** Latest activity first. */
  async list(): Promise<Session[]> {
    return (await this.store.listSessions()).filter((session) => session.agentId === this.#agentId);
  }

  async create(sessionId: string = crypto.randomUUID(), title: string | null = null): Promise<Session> {
    await this.#makeRoom();
    const now = Date.now();
    const agentId = this.#agentId;
    const session = { id: sessionId, agentId, createdAt: now, lastActivity: now, messageCount: 0, title, metadata: {} };
    await this.store.saveSession(session);
    return session;
  }

  async getOrCreate(sessionId: string): Promise<Session> {
    const session = await this.store.getSession(sessionId);
    if (session !== null && session.agentId !== this.#agentId) throw taken(sessionId);
    return session ?? this.create(sessionId);
  }

  /** One change of a session after the other, so that none is lost. */
  update(sessionId: string, change: (session: Session) => Promise<void> | void): Promise<Session> {
    const before = this.#changes.get(sessionId) ?? Promise.resolve();
    const changed = before.then(() => this.#change(sessionId, change));
    const settled = changed.then(
      () => undefined,
      () => undefined,
    );
    this.#changes.set(sessionId, settled);
    void settled.then(() => this.#changes.get(sessionId) === settled && this.#changes.delete(sessionId));
    return changed;
  }

  async delete(sessionId: string): Promise<void> {
    await this.get(sessionId);
    await this.store.deleteSession(sessionId);
  }

  async append(sessionId: string, messages: Message[]): Promise<void> {
    await this.update(sessionId, async (session) => {
      await this.store.saveMessages(sessionId, messages);
      session.lastActivity = Date.now();
      session.messageCount += messages.length;
    });
  }

  async messages(sessionId: string, options?: PaginationOptions): Promise<Message[]> {
    return this.store.getMessages(sessionId, options);
  }

  /** What the model is shown: all since the context was last cleared. */
  async context(sessionId: string): Promise<Message[]> {
    const { metadata } = await this.get(sessionId);
    const messages = await this.store.getMessages(sessionId);
    const cleared = messages.findIndex((message) => message.id === metadata["clearedAfter"]);
    return messages.slice(cleared + 1);
  }

  async clearContext(sessionId: string): Promise<void> {
    const [last] = await this.store.getMessages(sessionId, { limit: 1 });
    await this.update(sessionId, (session) => {
      session.metadata["clearedAfter"] = last?.id ?? null;
    });
  }

  async reset(sessionId: string): Promise<void> {
    const session = await this.get(sessionId);
    if (this.store.clearMessages) await this.store.clearMessages(sessionId);
    else await this.store.deleteSession(sessionId);
    const { clearedAfter: _, approvals: __, ...metadata } = session.metadata;
    await this.store.saveSession({ ...session, messageCount: 0, lastActivity: Date.now(), metadata });
  }

  async fork(sessionId: string, title: string | null): Promise<Session> {
    const original = await this.get(sessionId);
    const messages = await this.store.getMessages(sessionId);
    const copy = await this.create(undefined, title ?? (original.title === null ? null : `${original.title} (fork)`));
    await this.store.saveMessages(copy.id, messages);
    const metadata: Record<string, Json> = { ...original.metadata, forkedFrom: sessionId, approvals: [] };
    const session = { ...copy, messageCount: messages.length, metadata };
    await this.store.saveSession(session);
    return session;
  }

  async searchMessages(query: SearchQuery): Promise<SearchResult[]> {
    if (this.store.searchMessages) return this.#ours(await this.store.searchMessages(query));
    return scanMessages(this.#readable(), query);
  }

  async searchSessions(query: SearchQuery): Promise<SearchResult[]> {
    if (this.store.searchSessions) return this.#ours(await this.store.searchSessions(query));
    return scanSessions(this.#readable(), query);
  }

  /** For a store of the project that leaves searching out. */
  #readable() {
    return { listSessions: () => this.list(), getMessages: (sessionId: string) => this.store.getMessages(sessionId) };
  }

  /** A session that was deleted meanwhile stays so. */
  async #change(sessionId: string, change: (session: Session) => Promise<void> | void): Promise<Session> {
    const session = await this.get(sessionId);
    await change(session);
    await this.store.saveSession(session);
    return session;
  }

  async #ours(results: SearchResult[]): Promise<SearchResult[]> {
    const ours = new Set((await this.list()).map((session) => session.id));
    return results.filter((result) => ours.has(result.sessionId));
  }

  /** Where there are enough, one that is past its time makes room; a store that is full of living ones refuses. */
  async #makeRoom(): Promise<void> {
    const { maxSessions, sessionTTL } = this.#limits;
    const sessions = await this.list();
    if (sessions.length < maxSessions) return;
    const oldest = sessions.slice(maxSessions - 1);
    const alive = oldest.some((session) => session.lastActivity >= Date.now() - sessionTTL);
    if (alive) throw tooManySessions(maxSessions);
    for (const session of oldest) await this.store.deleteSession(session.id);
  }
}

const taken = (sessionId: string) =>
  new RuntimeError("session_of_another_agent", "This session belongs to another agent.", {
    status: 409,
    scope: "session",
    context: { sessionId },
  });

const tooManySessions = (maxSessions: number) =>
  new RuntimeError("too_many_sessions", `This agent keeps at most ${maxSessions} sessions.`, {
    status: 429,
    scope: "session",
    type: "rate_limit",
    context: { maxSessions },
  });
