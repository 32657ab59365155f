// Sessions in a Convex deployment, by its HTTP API. runtime/convex/dexto.ts holds the functions that it calls there.

import type { Json, Message, PaginationOptions, SearchQuery, SearchResult, Session, Store, StoreFactory } from "../contract.ts";
import { Failure, StorageError, sentenceOf } from "../failure.ts";
import { messageResult, paged, perSession, scoreOf, sessionResult, textOf } from "../search/results.ts";
import { termsOf, wordsOf } from "../search/words.ts";
import { steadily } from "../turns/steadily.ts";
import { lastOfEach, limitOf } from "./pages.ts";
import { newer } from "./versions.ts";

const VERSION = 1;
const ANSWER_MS = 30_000;
const MAX_BODY = 300_000; // characters: a document holds a megabyte, a character up to three bytes
const MAX_WORDS = 200_000;
const BATCH = 50; // messages in one call

type Kind = "query" | "mutation";

class ConvexStore implements Store {
  readonly #url: string;
  readonly #deployKey: string;
  readonly #module: string;

  constructor(url: string, deployKey: string, module: string) {
    this.#url = url;
    this.#deployKey = deployKey;
    this.#module = module;
  }

  async initialize(): Promise<void> {
    const version = Number(await this.#ask("query", "version", {}));
    if (version > VERSION) throw newer(version, VERSION);
  }

  async close(): Promise<void> {}

  async saveSession(session: Session): Promise<void> {
    const words = wordsOf(session.title ?? "").join(" ");
    const { id, lastActivity } = session;
    await this.#ask("mutation", "saveSession", { id, lastActivity, body: JSON.stringify(session), words });
  }

  async getSession(sessionId: string): Promise<Session | null> {
    const body = (await this.#ask("query", "getSession", { id: sessionId })) as string | null;
    return body === null ? null : (JSON.parse(body) as Session);
  }

  async listSessions(): Promise<Session[]> {
    const sessions: Session[] = [];
    for (let cursor: string | null = null, done = false; !done; ) {
      const page = (await this.#ask("query", "listSessions", { cursor })) as unknown as SessionPage;
      sessions.push(...page.bodies.map((body) => JSON.parse(body) as Session));
      ({ cursor, done } = page);
    }
    return sessions;
  }

  async deleteSession(sessionId: string): Promise<void> {
    await this.#delete(sessionId, true);
  }

  async clearMessages(sessionId: string): Promise<void> {
    await this.#delete(sessionId, false);
  }

  async saveMessages(sessionId: string, messages: Message[]): Promise<void> {
    const documents = lastOfEach(messages).map(documentOf);
    for (let at = 0; at < documents.length; at += BATCH) {
      await this.#ask("mutation", "saveMessages", { sessionId, messages: documents.slice(at, at + BATCH) });
    }
  }

  async getMessages(sessionId: string, options: PaginationOptions = {}): Promise<Message[]> {
    const wanted = options.limit === undefined ? Number.MAX_SAFE_INTEGER : limitOf(options);
    const messages: Message[] = [];
    for (let position: number | null = null, done = wanted === 0; !done; ) {
      const args = { sessionId, before: options.before ?? null, position, limit: wanted - messages.length };
      const page = (await this.#ask("query", "getMessages", args)) as unknown as MessagePage;
      messages.push(...page.bodies.map((body) => JSON.parse(body) as Message));
      ({ position, done } = page);
    }
    return messages.reverse();
  }

  async searchMessages(query: SearchQuery): Promise<SearchResult[]> {
    return paged(await this.#messageHits(query), query);
  }

  async searchSessions(query: SearchQuery): Promise<SearchResult[]> {
    const titles = query.role === undefined ? await this.#titleHits(query) : [];
    return paged(perSession(titles, await this.#messageHits(query)), query);
  }

  async #messageHits(query: SearchQuery): Promise<SearchResult[]> {
    const terms = termsOf(query.text);
    if (terms.length === 0) return [];
    const args = { words: terms.join(" "), sessionId: query.sessionId ?? null, role: query.role ?? null };
    const hits = (await this.#ask("query", "searchMessages", args)) as unknown as { sessionId: string; body: string }[];
    const read = hits.map((hit) => ({ sessionId: hit.sessionId, message: JSON.parse(hit.body) as Message }));
    const scored = read.map((hit) => ({ ...hit, score: scoreOf(textOf(hit.message), terms) }));
    return scored
      .filter((hit) => hit.score > 0)
      .map((hit) => messageResult(hit.sessionId, hit.message, hit.score, query));
  }

  async #titleHits(query: SearchQuery): Promise<SearchResult[]> {
    const terms = termsOf(query.text);
    if (terms.length === 0) return [];
    const args = { words: terms.join(" "), sessionId: query.sessionId ?? null };
    const bodies = (await this.#ask("query", "searchSessions", args)) as string[];
    const sessions = bodies.map((body) => JSON.parse(body) as Session);
    const scored = sessions.map((session) => ({ session, score: scoreOf(session.title ?? "", terms) }));
    return scored.filter(({ score }) => score > 0).map(({ session, score }) => sessionResult(session, score, query));
  }

  async #delete(sessionId: string, session: boolean): Promise<void> {
    while ((await this.#ask("mutation", "deletePart", { sessionId, session })) !== true);
  }

  /** Every function may be called twice with the same effect, so a broken connection is no reason to give up. */
  async #ask(kind: Kind, name: string, args: Record<string, Json>): Promise<Json> {
    const answer = await steadily(() => this.#post(kind, name, args)).catch((error: unknown) => {
      throw error instanceof Failure ? error : unavailable(sentenceOf(error), error);
    });
    if (answer.status === "success") return answer.value;
    throw new StorageError("storage_refused", `Convex refused ${this.#module}:${name}: ${answer.errorMessage}`, {
      next: "Check the deploy key, and deploy the functions that come with this runtime, convex/dexto.ts.",
    });
  }

  async #post(kind: Kind, name: string, args: Record<string, Json>): Promise<Answer> {
    const response = await fetch(`${this.#url}/api/${kind}`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Convex ${this.#deployKey}` },
      body: JSON.stringify({ path: `${this.#module}:${name}`, args, format: "json" }),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const text = await response.text();
    if (text.includes('"status"')) return JSON.parse(text) as Answer; // also with 560, which tells of an error in a function
    if (response.status < 500) return { status: "error", errorMessage: `it answered ${response.status}` };
    throw new Error(`it answered ${response.status}`);
  }
}

type Answer = { status: "success"; value: Json } | { status: "error"; errorMessage: string };

interface SessionPage {
  bodies: string[];
  cursor: string | null;
  done: boolean;
}

interface MessagePage {
  bodies: string[];
  position: number;
  done: boolean;
}

const convex: StoreFactory = async (config, host) => {
  const url = settingOf(config.url) ?? settingOf(config.deploymentUrl) ?? host.environment.CONVEX_URL;
  const deployKey = settingOf(config.deployKey) ?? host.environment.CONVEX_DEPLOY_KEY;
  if (url === undefined || deployKey === undefined) throw unavailable("its `url` and `deployKey` are not both set");
  const store = new ConvexStore(url.replace(/\/+$/, ""), deployKey, settingOf(config.module) ?? "dexto");
  await store.initialize();
  return store;
};
export default convex;

function documentOf(message: Message) {
  const body = JSON.stringify(message);
  if (body.length > MAX_BODY) {
    throw new StorageError("message_too_large", `A message of ${body.length} characters does not fit into Convex`, {
      next: "Keep large results in files, or use PostgreSQL or SQLite.",
    });
  }
  const { id, role, timestamp } = message;
  return { id, role, timestamp, body, words: wordsOf(textOf(message)).join(" ").slice(0, MAX_WORDS) };
}

function unavailable(sentence: string, cause?: unknown): StorageError {
  return new StorageError("storage_unavailable", `Convex cannot be used: ${sentence}`, {
    next: "Set CONVEX_URL and CONVEX_DEPLOY_KEY, and deploy convex/dexto.ts.",
    ...(cause === undefined ? {} : { cause }),
  });
}

function settingOf(value: Json | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
