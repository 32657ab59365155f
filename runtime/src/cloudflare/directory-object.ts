// What is known of all sessions of an agent in one place: the list, the search, and the counters of its callers.
// Sessions send what changed; a message is kept here only as far as it is searched. Requests that belong to no session
// are answered here too: a Worker itself may share no connection between two requests, and an object may.

import { DurableObject, type DurableObjectState } from "cloudflare:workers";
import { bundle } from "dexto:bundle";
import type { Message, SearchQuery, SearchResult, Session } from "../contract.ts";
import { createApp, type App } from "../http/app.ts";
import { SqliteStore } from "../sqlite/store.ts";
import { ObjectEngine, OBJECT_STORE } from "../stores/durable-object.ts";
import { bundleOf } from "./bundles.ts";
import { hostOf } from "./host.ts";
import { Objects, type DirectoryMethods, type Env } from "./objects.ts";
import { ScatteredStore } from "./scattered-store.ts";

const SWEEP_EVERY = 500; // writes of counters between two looks for what has ended

export class DirectoryObject extends DurableObject<Env> implements DirectoryMethods {
  readonly #engine: ObjectEngine;
  readonly #store: SqliteStore;
  #app: Promise<App> | null = null;
  #writes = 0;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#engine = new ObjectEngine(ctx.storage);
    this.#store = new SqliteStore(this.#engine);
    void ctx.blockConcurrencyWhile(async () => {
      await this.#store.initialize();
      this.#engine.rows(
        "create table if not exists kept_values (key text primary key, value text not null, ends_at real) without rowid",
      );
    });
  }

  override async fetch(request: Request): Promise<Response> {
    this.#app ??= this.#made().catch((error: unknown) => {
      this.#app = null;
      throw error;
    });
    return (await this.#app).fetch(request);
  }

  async keep(session: Session, messages: Message[]): Promise<void> {
    await this.#store.saveSession(session);
    await this.#store.saveMessages(session.id, messages);
  }

  async forget(sessionId: string): Promise<void> {
    await this.#store.deleteSession(sessionId);
  }

  listSessions(): Promise<Session[]> {
    return this.#store.listSessions();
  }

  searchMessages(query: SearchQuery): Promise<SearchResult[]> {
    return this.#store.searchMessages(query);
  }

  searchSessions(query: SearchQuery): Promise<SearchResult[]> {
    return this.#store.searchSessions(query);
  }

  async value(key: string): Promise<string | null> {
    return this.#live(key)?.value ?? null;
  }

  async setValue(key: string, value: string, ttlMs: number | null): Promise<void> {
    this.#keepValue(key, value, ttlMs === null ? null : Date.now() + ttlMs);
  }

  async deleteValue(key: string): Promise<void> {
    this.#engine.rows("delete from kept_values where key = ?", key);
  }

  async increment(key: string, by: number, ttlMs: number): Promise<number> {
    const known = this.#live(key);
    const count = Number(known?.value ?? 0) + Math.round(by);
    this.#keepValue(key, String(count), known === undefined ? Date.now() + ttlMs : known.endsAt);
    return count;
  }

  #made(): Promise<App> {
    const agentId = this.ctx.id.name ?? "";
    const objects = new Objects(this.env, agentId, this);
    const host = hostOf(this.env, this.ctx, { [OBJECT_STORE]: new ScatteredStore(objects, null) });
    return createApp(bundleOf(bundle, objects, agentId), host, { resident: true, scattered: true });
  }

  #live(key: string): { value: string; endsAt: number | null } | undefined {
    const [row] = this.#engine.rows("select value, ends_at from kept_values where key = ?", key);
    if (row === undefined || (row.ends_at !== null && Number(row.ends_at) <= Date.now())) return undefined;
    return { value: String(row.value), endsAt: row.ends_at === null ? null : Number(row.ends_at) };
  }

  #keepValue(key: string, value: string, endsAt: number | null): void {
    this.#writes += 1;
    if (this.#writes % SWEEP_EVERY === 0) this.#engine.rows("delete from kept_values where ends_at <= ?", Date.now());
    this.#engine.rows("insert or replace into kept_values (key, value, ends_at) values (?, ?, ?)", key, value, endsAt);
  }
}
