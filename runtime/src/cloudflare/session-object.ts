// One session of an agent: the same app as on every target, over the SQLite of this object.

import { DurableObject, type DurableObjectState, type WorkerSocket } from "cloudflare:workers";
import { bundle } from "dexto:bundle";
import type { Agent } from "../agent/agent.ts";
import type { Host, Message, PaginationOptions, Session, TurnWatch } from "../contract.ts";
import { Limits } from "../http/access.ts";
import { createApp, type App } from "../http/app.ts";
import { BUCKET, type R2Bucket } from "../r2/bucket.ts";
import { ObjectEngine, OBJECT_STORE } from "../stores/durable-object.ts";
import { Archive } from "./archive.ts";
import { bundleOf } from "./bundles.ts";
import { hostOf, millisecondsOf } from "./host.ts";
import { Invocations, TURN } from "./invocations.ts";
import { namesIn, Objects, type Env, type SessionMethods } from "./objects.ts";
import { ARCHIVE, DIRECTORY, OwnSession } from "./own-session.ts";
import { ScatteredStore } from "./scattered-store.ts";
import { Sockets } from "./sockets.ts";
import { Wakes } from "./wakes.ts";

const ARCHIVE_AFTER_MS = 7 * 86_400_000;
const INVOCATION_MS = 20_000; // below the 30 s of processor time that an invocation has where nobody asked for more

interface Opened {
  app: App;
  agent: Agent;
  limits: Limits;
}

export class SessionObject extends DurableObject<Env> implements SessionMethods {
  readonly #agentId: string;
  readonly #sessionId: string;
  readonly #objects: Objects;
  readonly #host: Host;
  readonly #own: OwnSession;
  readonly #invocations: Invocations;
  readonly #wakes: Wakes;
  readonly #sockets: Sockets;
  #opened: Promise<Opened> | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ({ agentId: this.#agentId, sessionId: this.#sessionId } = namesIn(ctx.id.name));
    const engine = new ObjectEngine(ctx.storage);
    this.#objects = new Objects(env, this.#agentId);
    this.#wakes = new Wakes(ctx, engine);
    this.#host = hostOf(env, ctx);
    const [host, objects, wakes] = [this.#host, this.#objects, this.#wakes];
    const bucket = env[BUCKET] as R2Bucket | undefined;
    const archive = bucket ? new Archive(bucket, this.#agentId, this.#sessionId) : null;
    const archiveAfterMs = millisecondsOf(host, "DEXTO_ARCHIVE_AFTER_MS", ARCHIVE_AFTER_MS);
    this.#own = new OwnSession(this.#sessionId, engine, { objects, wakes, host, tiers: { archive, archiveAfterMs } });
    this.#invocations = new Invocations(engine, wakes, host, millisecondsOf(host, "DEXTO_INVOCATION_MS", INVOCATION_MS));
    this.#sockets = new Sockets(ctx, host, this.#sessionId);
    void ctx.blockConcurrencyWhile(async () => {
      wakes.open();
      this.#invocations.open();
      await this.#own.open();
    });
  }

  override async fetch(request: Request): Promise<Response> {
    this.#invocations.invoked();
    return (await this.#open()).app.fetch(request);
  }

  override async webSocketMessage(socket: WorkerSocket, message: string | ArrayBuffer): Promise<void> {
    this.#invocations.invoked();
    const { agent, limits } = await this.#open();
    await this.#sockets.received(socket, message, agent, limits);
  }

  override async webSocketClose(socket: WorkerSocket, code: number): Promise<void> {
    // 1005 and 1006 say that there was no code, and cannot be sent.
    socket.close(code === 1005 || code === 1006 ? 1000 : code);
  }

  override async alarm(): Promise<void> {
    for (const reason of this.#wakes.due()) await this.#woken(reason);
  }

  readSession(): Promise<Session | null> {
    return this.#own.readSession();
  }

  writeSession(session: Session): Promise<void> {
    return this.#own.writeSession(session);
  }

  readMessages(options: PaginationOptions): Promise<Message[]> {
    return this.#own.readMessages(options);
  }

  writeMessages(messages: Message[]): Promise<void> {
    return this.#own.writeMessages(messages);
  }

  clear(): Promise<void> {
    return this.#own.clear();
  }

  remove(): Promise<void> {
    return this.#own.remove();
  }

  async #woken(reason: string): Promise<void> {
    if (reason === ARCHIVE) return this.#own.archiveIfIdle();
    if (reason === DIRECTORY) return this.#own.tellDirectory();
    if (reason === TURN && this.#invocations.woken()) await this.#resume();
  }

  /** The object was lost while a turn ran. */
  async #resume(): Promise<void> {
    const { agent } = await this.#open();
    const [last] = await agent.sessions.messages(this.#sessionId, { limit: 1 });
    const isAnswered = last === undefined || (last.role === "assistant" && !last.toolCalls?.length);
    if (isAnswered) return this.#invocations.ended();
    this.#host.log("warn", "a turn that was lost goes on", { sessionId: this.#sessionId });
    await agent.turns.start(this.#sessionId, { content: null });
  }

  #open(): Promise<Opened> {
    this.#opened ??= this.#made().catch((error: unknown) => {
      this.#opened = null;
      throw error;
    });
    return this.#opened;
  }

  async #made(): Promise<Opened> {
    const own = { sessionId: this.#sessionId, methods: this.#own };
    const bindings = { ...this.#host.bindings, [OBJECT_STORE]: new ScatteredStore(this.#objects, own) };
    const host: Host = { ...this.#host, bindings, turns: this.#watch() };
    const app = await createApp(bundleOf(bundle, this.#objects, this.#agentId), host, {
      resident: true,
      scattered: true,
      extend: (routes, agent) => this.#sockets.addRoute(routes, agent),
    });
    const agent = app.agents[0]!;
    return { app, agent, limits: new Limits(host, agent.cache) };
  }

  #watch(): TurnWatch {
    return {
      began: (sessionId) => {
        if (sessionId !== this.#sessionId) return;
        this.#invocations.began();
        void this.#open().then(({ agent }) => this.#sockets.turnBegan(agent));
      },
      stepped: (sessionId) => this.#invocations.stepped(sessionId),
      ended: () => this.#invocations.ended(),
    };
  }
}
