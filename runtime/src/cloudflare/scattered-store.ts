// The sessions of an agent as one store, although each lives in an object of its own. An object reaches its own
// session without leaving, and others through their objects; lists and search are the directory's.

import type { Message, PaginationOptions, SearchQuery, SearchResult, Session, Store } from "../contract.ts";
import type { Objects, SessionMethods } from "./objects.ts";

export class ScatteredStore implements Store {
  readonly #objects: Objects;
  readonly #own: { sessionId: string; methods: SessionMethods } | null;

  constructor(objects: Objects, own: { sessionId: string; methods: SessionMethods } | null) {
    this.#objects = objects;
    this.#own = own;
  }

  async initialize(): Promise<void> {}

  async close(): Promise<void> {}

  saveSession(session: Session): Promise<void> {
    return this.#of(session.id).writeSession(session);
  }

  getSession(sessionId: string): Promise<Session | null> {
    return this.#of(sessionId).readSession();
  }

  async listSessions(): Promise<Session[]> {
    const listed = await this.#objects.directory.listSessions();
    const own = await this.#own?.methods.readSession();
    if (!own) return listed;
    // The directory hears of changes a moment later.
    return [own, ...listed.filter((one) => one.id !== own.id)].sort((a, b) => b.lastActivity - a.lastActivity);
  }

  deleteSession(sessionId: string): Promise<void> {
    return this.#of(sessionId).remove();
  }

  saveMessages(sessionId: string, messages: Message[]): Promise<void> {
    return this.#of(sessionId).writeMessages(messages);
  }

  getMessages(sessionId: string, options: PaginationOptions = {}): Promise<Message[]> {
    return this.#of(sessionId).readMessages(options);
  }

  clearMessages(sessionId: string): Promise<void> {
    return this.#of(sessionId).clear();
  }

  searchMessages(query: SearchQuery): Promise<SearchResult[]> {
    return this.#objects.directory.searchMessages(query);
  }

  searchSessions(query: SearchQuery): Promise<SearchResult[]> {
    return this.#objects.directory.searchSessions(query);
  }

  #of(sessionId: string): SessionMethods {
    return this.#own?.sessionId === sessionId ? this.#own.methods : this.#objects.session(sessionId);
  }
}
