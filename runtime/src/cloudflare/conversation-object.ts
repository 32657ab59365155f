// A conversation that several agents share. Its log is one, in this object; each agent also has a session of its own
// here, in which it hears what the others said since it last spoke. docs/websocket.md describes the frames.

import { DurableObject, type DurableObjectState, type WorkerSocket } from "cloudflare:workers";
import { bundle } from "dexto:bundle";
import { Hono } from "hono";
import type { Agent } from "../agent/agent.ts";
import type { Json } from "../contract.ts";
import { invalid, RuntimeError } from "../errors.ts";
import { callers, forwardedAddress, Limits } from "../http/access.ts";
import { errorAnswer } from "../http/answers.ts";
import { readBody, readContent, textField } from "../http/bodies.ts";
import { createApp, type App } from "../http/app.ts";
import type { AgentEnv } from "../http/message-routes.ts";
import { SqliteStore } from "../sqlite/store.ts";
import { ObjectEngine, OBJECT_STORE } from "../stores/durable-object.ts";
import { bundleOf, defaultAgent } from "./bundles.ts";
import { directoryCache } from "./directory-cache.ts";
import { ConversationLog, type Entry } from "./conversation-log.ts";
import { hostOf } from "./host.ts";
import { Objects, type Env } from "./objects.ts";
import { Frames, PING, PONG, PROTOCOL } from "./socket-protocol.ts";

export class ConversationObject extends DurableObject<Env> {
  readonly #log: ConversationLog;
  readonly #store: SqliteStore;
  readonly #name: string;
  #agents: Promise<Map<string, Agent>> | null = null;
  #routes: Hono<AgentEnv> | null = null;
  #speaking: Promise<unknown> = Promise.resolve();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const engine = new ObjectEngine(ctx.storage);
    this.#name = ctx.id.name ?? "conversation";
    this.#log = new ConversationLog(engine);
    this.#store = new SqliteStore(engine);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
    void ctx.blockConcurrencyWhile(async () => {
      this.#log.open();
      await this.#store.initialize();
    });
  }

  override async fetch(request: Request): Promise<Response> {
    this.#routes ??= this.#router();
    return this.#routes.fetch(request);
  }

  override async webSocketMessage(socket: WorkerSocket): Promise<void> {
    socket.send(JSON.stringify({ type: "error", data: { code: "frame_invalid", message: "Messages come by POST." } }));
  }

  override async webSocketClose(socket: WorkerSocket, code: number): Promise<void> {
    socket.close(code === 1005 || code === 1006 ? 1000 : code);
  }

  #router(): Hono<AgentEnv> {
    const host = hostOf(this.env, this.ctx);
    const objects = new Objects(this.env, defaultAgent(bundle));
    const limits = new Limits(host, directoryCache(objects));
    const all = new Hono<AgentEnv>();
    all.onError((error, c) => errorAnswer(c, error, host.log));
    all.use(callers(host, forwardedAddress));
    all.use(async (c, next) => {
      await limits.request(c.get("caller"));
      await next();
    });
    const routes = new Hono<AgentEnv>();
    routes.get("/", (c) => c.json(this.#described()));
    routes.get("/socket", (c) => this.#connected(c.req.raw));
    routes.post("/agents", async (c) => c.json(await this.#joined(textField(await readBody(c), "agentId")), 201));
    routes.post("/messages", async (c) => {
      await limits.turn(c.get("caller"));
      const body = await readBody(c);
      const used = (tokens: number) => void limits.used(c.get("caller"), tokens);
      return c.json({ entries: await this.#heard(body, used) });
    });
    routes.post("/approvals/:approval", async (c) => {
      const { status } = await readBody(c);
      if (status !== "approved" && status !== "denied" && status !== "cancelled") throw statusInvalid();
      const approvalId = c.req.param("approval");
      const agents = [...(await this.#opened()).values()];
      const answered = await Promise.allSettled(agents.map((agent) => agent.approvals.answer(approvalId, { status })));
      if (answered.every((one) => one.status === "rejected")) throw answered[0]?.reason;
      return c.json({ approvalId, status });
    });
    all.route("/api/conversations/:id", routes);
    all.route("/agents/:agent/api/conversations/:id", routes);
    return all;
  }

  #described() {
    return { conversationId: this.#name, agents: this.#log.agents(), log: this.#log.entries() } as unknown as Json;
  }

  async #joined(agentId: string | undefined): Promise<Json> {
    if (agentId === undefined || !(await this.#opened()).has(agentId)) throw unknownAgent(agentId ?? "");
    if (this.#log.join(agentId)) this.#broadcast({ type: "agent_joined", agentId });
    return { conversationId: this.#name, agents: this.#log.agents() };
  }

  /** What was said, then each agent's answer, one after the other: each has heard the ones before it. */
  async #heard(body: Record<string, Json>, used: (tokens: number) => void): Promise<Json> {
    const content = await readContent(body, { blobs: null });
    const text = content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
    const said = this.#add(textField(body, "from", 100) ?? "user", text);
    const asked = (body["agents"] as string[] | undefined) ?? this.#log.agents();
    const answers = this.#speaking.then(async () => {
      const entries: Entry[] = [];
      for (const agentId of asked) entries.push(await this.#answer(agentId, used));
      return entries;
    });
    this.#speaking = answers.catch(() => undefined);
    return [said, ...(await answers)] as unknown as Json;
  }

  async #answer(agentId: string, used: (tokens: number) => void): Promise<Entry> {
    const agent = (await this.#opened()).get(agentId);
    if (!agent || !this.#log.agents().includes(agentId)) throw unknownAgent(agentId);
    const text = this.#log.unheardBy(agentId).map((entry) => `${entry.from}: ${entry.content}`).join("\n");
    const started = await agent.turns.start(`${this.#name}.${agentId}`, { content: [{ type: "text", text }], used });
    if ("queueLength" in started) throw new RuntimeError("session_busy", "This agent is speaking.", { status: 409 });
    const frames = new Frames();
    for await (const event of started.turn.log.follow(new AbortController().signal)) {
      for (const frame of frames.of(event)) this.#broadcast({ ...frame, agentId });
    }
    const { response, failure } = await started.turn.result;
    if (failure) throw new RuntimeError(failure.code, failure.message, { status: 502, type: "third_party" });
    return this.#add(agentId, response);
  }

  #add(from: string, content: string): Entry {
    const entry = this.#log.add(from, content);
    this.#broadcast({ type: "message", data: entry as unknown as Json });
    return entry;
  }

  #connected(request: Request): Response {
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") throw upgradeNeeded();
    const { 0: theirs, 1: ours } = new WebSocketPair();
    this.ctx.acceptWebSocket(ours);
    const headers = new Headers();
    const named = request.headers.get("sec-websocket-protocol")?.includes(PROTOCOL);
    if (named) headers.set("sec-websocket-protocol", PROTOCOL);
    return new Response(null, { status: 101, headers, webSocket: theirs } as ResponseInit);
  }

  #broadcast(frame: Record<string, Json>): void {
    const text = JSON.stringify({ ...frame, conversationId: this.#name });
    for (const socket of this.ctx.getWebSockets()) {
      try {
        socket.send(text);
      } catch {
        // It is closing; its end is told apart.
      }
    }
  }

  #opened(): Promise<Map<string, Agent>> {
    this.#agents ??= this.#made().catch((error: unknown) => {
      this.#agents = null;
      throw error;
    });
    return this.#agents;
  }

  /** Every agent of the project, over this object's own SQLite. */
  async #made(): Promise<Map<string, Agent>> {
    const host = hostOf(this.env, this.ctx, { [OBJECT_STORE]: this.#store });
    const opened: App[] = [];
    for (const { id } of bundle.agents) {
      opened.push(await createApp(bundleOf(bundle, new Objects(this.env, id), id), host, { resident: true }));
    }
    return new Map(opened.flatMap((app) => app.agents.map((agent) => [agent.settings.id, agent] as const)));
  }
}

const unknownAgent = (agentId: string) =>
  new RuntimeError("agent_not_found", `There is no agent ${agentId} in this conversation's project.`, {
    status: 404,
    scope: "conversation",
    type: "not_found",
  });

const statusInvalid = () => invalid("status_invalid", "status is approved, denied or cancelled.");

const upgradeNeeded = () =>
  new RuntimeError("upgrade_required", "This address is a WebSocket's.", { status: 426, scope: "request" });
