// Forgets when the process ends.

import type { Message, PaginationOptions, Session, Store, StoreFactory } from "../contract.ts";

export class MemoryStore implements Store {
  readonly #sessions = new Map<string, Session>();
  readonly #messages = new Map<string, Map<string, Message>>(); // by session, then by id, in the order of arrival

  async initialize(): Promise<void> {}

  async close(): Promise<void> {}

  async saveSession(session: Session): Promise<void> {
    this.#sessions.set(session.id, structuredClone(session));
  }

  async getSession(sessionId: string): Promise<Session | null> {
    return structuredClone(this.#sessions.get(sessionId) ?? null);
  }

  async listSessions(): Promise<Session[]> {
    const sessions = [...this.#sessions.values()].sort((one, other) => other.lastActivity - one.lastActivity);
    return structuredClone(sessions);
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

  async getMessages(sessionId: string, { limit, before }: PaginationOptions = {}): Promise<Message[]> {
    let messages = [...(this.#messages.get(sessionId)?.values() ?? [])];
    const end = before === undefined ? -1 : messages.findIndex((message) => message.id === before);
    if (end >= 0) messages = messages.slice(0, end);
    return structuredClone(limit === undefined ? messages : messages.slice(Math.max(0, messages.length - limit)));
  }

  async clearMessages(sessionId: string): Promise<void> {
    this.#messages.delete(sessionId);
  }
}

const memory: StoreFactory = async () => new MemoryStore();

export default memory;
