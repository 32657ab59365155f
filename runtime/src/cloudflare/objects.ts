// The objects of a Worker and how they are reached. One Durable Object for each session of an agent, one directory for
// each agent, one for each conversation that several agents share.

import type { DurableObjectNamespace } from "cloudflare:workers";
import type { Cache, Message, PaginationOptions, SearchQuery, SearchResult, Session } from "../contract.ts";

export interface Env {
  SESSIONS: DurableObjectNamespace<SessionMethods>;
  DIRECTORY: DurableObjectNamespace<DirectoryMethods>;
  CONVERSATIONS: DurableObjectNamespace;
  [name: string]: unknown; // variables, and the bucket
}

/** What an object of a session does for others: for the one from which it was forked, above all. */
export interface SessionMethods {
  readSession(): Promise<Session | null>;
  writeSession(session: Session): Promise<void>;
  readMessages(options: PaginationOptions): Promise<Message[]>;
  writeMessages(messages: Message[]): Promise<void>;
  clear(): Promise<void>;
  remove(): Promise<void>;
}

/** What a directory knows of all sessions of an agent; and counters, which have to be in one place too. */
export interface DirectoryMethods extends Pick<Cache, "increment"> {
  keep(session: Session, messages: Message[]): Promise<void>;
  forget(sessionId: string): Promise<void>;
  listSessions(): Promise<Session[]>;
  searchMessages(query: SearchQuery): Promise<SearchResult[]>;
  searchSessions(query: SearchQuery): Promise<SearchResult[]>;
  value(key: string): Promise<string | null>;
  setValue(key: string, value: string, ttlMs: number | null): Promise<void>;
  deleteValue(key: string): Promise<void>;
}

export class Objects {
  readonly #env: Env;
  readonly #agentId: string;
  readonly #near: DirectoryMethods | undefined;

  /** `near` is the directory, for itself. */
  constructor(env: Env, agentId: string, near?: DirectoryMethods) {
    this.#env = env;
    this.#agentId = agentId;
    this.#near = near;
  }

  session(sessionId: string) {
    return this.#env.SESSIONS.get(this.#env.SESSIONS.idFromName(`${this.#agentId}/${sessionId}`));
  }

  get directory(): DirectoryMethods {
    return this.#near ?? this.directoryStub;
  }

  get directoryStub() {
    return this.#env.DIRECTORY.get(this.#env.DIRECTORY.idFromName(this.#agentId));
  }
}

/** An object's name says whose it is: agent/session. */
export function namesIn(name: string | undefined): { agentId: string; sessionId: string } {
  const at = name?.lastIndexOf("/") ?? -1;
  if (name === undefined || at < 0) throw new Error("this object is reached by the name agent/session only");
  return { agentId: name.slice(0, at), sessionId: name.slice(at + 1) };
}
