// Sessions in this process's memory: nothing is left when it ends.

import type { Message, PaginationOptions, SearchQuery, SearchResult, Session, Store, StoreFactory } from "../contract.ts";
import { scanMessages, scanSessions } from "../search/scan.ts";
import { newestBefore } from "./pages.ts";

export class MemoryStore implements Store {
  readonly #sessions = new Map<string, Session>();
  readonly #messages = new Map<string, Map<string, Message>>(); // a Map keeps the place of a replaced key

  async initialize(): Promise<void> {}

  async close(): Promise<void> {
    this.#sessions.clear();
    this.#messages.clear();
  }

  async saveSession(session: Session): Promise<void> {
    this.#sessions.set(session.id, structuredClone(session));
  }

  async getSession(sessionId: string): Promise<Session | null> {
    return structuredClone(this.#sessions.get(sessionId) ?? null);
  }

  async listSessions(): Promise<Session[]> {
    const latestFirst = [...this.#sessions.values()].sort((a, b) => b.lastActivity - a.lastActivity);
    return structuredClone(latestFirst);
  }

  async deleteSession(sessionId: string): Promise<void> {
    this.#sessions.delete(sessionId);
    this.#messages.delete(sessionId);
  }

  async saveMessages(sessionId: string, messages: Message[]): Promise<void> {
    const kept = this.#messages.get(sessionId) ?? new Map<string, Message>();
    for (const message of messages) kept.set(message.id, structuredClone(message));
    this.#messages.set(sessionId, kept);
  }

  async getMessages(sessionId: string, options: PaginationOptions = {}): Promise<Message[]> {
    return structuredClone(newestBefore([...(this.#messages.get(sessionId)?.values() ?? [])], options));
  }

  async clearMessages(sessionId: string): Promise<void> {
    this.#messages.delete(sessionId);
  }

  searchMessages(query: SearchQuery): Promise<SearchResult[]> {
    return scanMessages(this, query);
  }

  searchSessions(query: SearchQuery): Promise<SearchResult[]> {
    return scanSessions(this, query);
  }
}

const memory: StoreFactory = async () => new MemoryStore();
export default memory;
