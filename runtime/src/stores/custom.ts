// A storage module of the project's own, held to the contract: methods that are missing, time, and search.

import type { Bundle, Json, Message, PaginationOptions, SearchQuery, SearchResult, Session, Store, StoreFactory } from "../contract.ts";
import { StorageError } from "../failure.ts";
import { scanMessages, scanSessions } from "../search/scan.ts";
import { newestBefore } from "./pages.ts";

const REQUIRED = [
  "initialize",
  "close",
  "saveSession",
  "getSession",
  "listSessions",
  "deleteSession",
  "saveMessages",
  "getMessages",
] as const;
const TIMEOUT_MS = 30_000; // for one call

type Provider = Record<string, unknown>;

class CustomStore implements Store {
  readonly #provider: Provider;
  readonly #timeoutMs: number;
  #initialized: Promise<unknown> | null = null;

  constructor(provider: Provider, timeoutMs: number) {
    this.#provider = provider;
    this.#timeoutMs = timeoutMs;
  }

  async initialize(config: Record<string, unknown>): Promise<void> {
    this.#initialized ??= this.#call("initialize", config); // once, whoever asks
    await this.#initialized;
  }

  async close(): Promise<void> {
    await this.#call("close");
  }

  async saveSession(session: Session): Promise<void> {
    await this.#call("saveSession", session);
  }

  async getSession(sessionId: string): Promise<Session | null> {
    const session = (await this.#call("getSession", sessionId)) as Partial<Session> | null | undefined;
    return session == null ? null : completed({ ...session, id: session.id ?? sessionId });
  }

  async listSessions(): Promise<Session[]> {
    const sessions = (await this.#list("listSessions")) as Partial<Session>[];
    return sessions.map(completed).sort((a, b) => b.lastActivity - a.lastActivity);
  }

  async deleteSession(sessionId: string): Promise<void> {
    await this.#call("deleteSession", sessionId);
  }

  async saveMessages(sessionId: string, messages: Message[]): Promise<void> {
    if (messages.length > 0) await this.#call("saveMessages", sessionId, messages);
  }

  async getMessages(sessionId: string, options: PaginationOptions = {}): Promise<Message[]> {
    const messages = (await this.#list("getMessages", sessionId, options)) as Message[];
    // A provider may leave paging to its caller; where it has paged, this changes nothing.
    const { before } = options;
    const unpaged = before !== undefined && messages.some((message) => message.id === before);
    return newestBefore(messages, unpaged ? options : { ...(options.limit === undefined ? {} : { limit: options.limit }) });
  }

  async clearMessages(sessionId: string): Promise<void> {
    if (this.#has("clearMessages")) return void (await this.#call("clearMessages", sessionId));
    const session = (await this.#call("getSession", sessionId)) as Session | null | undefined;
    await this.#call("deleteSession", sessionId);
    if (session != null) await this.#call("saveSession", session);
  }

  async searchMessages(query: SearchQuery): Promise<SearchResult[]> {
    if (!this.#has("searchMessages")) return scanMessages(this, query);
    return (await this.#list("searchMessages", query)) as SearchResult[];
  }

  async searchSessions(query: SearchQuery): Promise<SearchResult[]> {
    if (!this.#has("searchSessions")) return scanSessions(this, query);
    return (await this.#list("searchSessions", query)) as SearchResult[];
  }

  #has(method: string): boolean {
    return typeof this.#provider[method] === "function";
  }

  async #list(method: string, ...values: unknown[]): Promise<unknown[]> {
    const answer = await this.#call(method, ...values);
    if (Array.isArray(answer)) return answer;
    throw new StorageError("storage_contract_broken", `The storage module's ${method} did not answer a list`);
  }

  async #call(method: string, ...values: unknown[]): Promise<unknown> {
    const work = this.#provider[method] as (...values: unknown[]) => unknown;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(tooLate(method, this.#timeoutMs)), this.#timeoutMs);
    });
    try {
      return await Promise.race([work.apply(this.#provider, values), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

const custom: StoreFactory = async (config, _host, bundle) => {
  const options = (config.config ?? {}) as Record<string, Json>;
  const timeoutMs = typeof config.timeout === "number" ? config.timeout : TIMEOUT_MS;
  const store = new CustomStore(providerOf(String(config.module), bundle), timeoutMs);
  await store.initialize(options);
  return store;
};
export default custom;

/** The module's object, or one of its class. Raises StorageError, which names what is missing. */
function providerOf(module: string, bundle: Bundle): Provider {
  const exported = bundle.modules[module] as Record<string, unknown> | undefined;
  if (exported === undefined) {
    throw new StorageError("storage_module_missing", `The bundle has no storage module ${module}`);
  }
  const candidates = [exported.default, ...Object.values(exported), exported].map(instantiated);
  const provider = candidates.find((one) => one !== null && missingFrom(one).length === 0);
  if (provider) return provider;
  const nearest = candidates.filter((one) => one !== null).sort((a, b) => missingFrom(a).length - missingFrom(b).length)[0];
  throw new StorageError(
    "storage_method_missing",
    `The storage module ${module} lacks ${missingFrom(nearest ?? {}).join(", ")}`,
    { next: "Export an object, or a class without arguments, that has these methods." },
  );
}

function instantiated(exported: unknown): Provider | null {
  if (typeof exported === "object") return exported as Provider | null;
  const isClass = typeof exported === "function" && REQUIRED.some((name) => name in (exported.prototype ?? {}));
  return isClass ? (new (exported as new () => Provider)() as Provider) : null;
}

function missingFrom(provider: Provider): string[] {
  return REQUIRED.filter((name) => typeof provider[name] !== "function");
}

/** A session of which a provider keeps only the plan's metadata. */
function completed(session: Partial<Session>): Session {
  const { id = "", agentId = "", createdAt = 0, lastActivity = createdAt, messageCount = 0, title = null } = session;
  return { id, agentId, createdAt, lastActivity, messageCount, title, metadata: session.metadata ?? {} };
}

function tooLate(method: string, timeoutMs: number): StorageError {
  return new StorageError("storage_timeout", `The storage module's ${method} took longer than ${timeoutMs} ms`, {
    next: "Check that its database answers.",
  });
}
