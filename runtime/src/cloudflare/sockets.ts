// The WebSockets of one session. Between turns they hibernate with the object; what they need then is in their
// attachment.

import type { DurableObjectState, WorkerSocket } from "cloudflare:workers";
import type { Hono } from "hono";
import type { Agent } from "../agent/agent.ts";
import type { Host, Json } from "../contract.ts";
import { invalid, RuntimeError } from "../errors.ts";
import type { Limits } from "../http/access.ts";
import { asRuntimeError } from "../http/answers.ts";
import { readContent } from "../http/bodies.ts";
import type { AgentEnv } from "../http/message-routes.ts";
import { askedOf, errorFrame, Frames, PING, PONG, PROTOCOL, type Asked, type Frame } from "./socket-protocol.ts";

interface Attachment {
  caller: string;
}

export class Sockets {
  readonly #ctx: DurableObjectState;
  readonly #host: Host;
  readonly #sessionId: string;

  constructor(ctx: DurableObjectState, host: Host, sessionId: string) {
    this.#ctx = ctx;
    this.#host = host;
    this.#sessionId = sessionId;
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
  }

  /** GET /api/sessions/{id}/socket, behind the same keys and limits as every route. */
  addRoute(routes: Hono<AgentEnv>, agent: Agent): void {
    routes.get("/sessions/:id/socket", async (c) => {
      if (c.req.header("upgrade")?.toLowerCase() !== "websocket") throw upgradeNeeded();
      await agent.sessions.getOrCreate(this.#sessionId);
      const { 0: theirs, 1: ours } = new WebSocketPair();
      this.#ctx.acceptWebSocket(ours);
      ours.serializeAttachment({ caller: c.get("caller") } satisfies Attachment);
      if (await agent.turns.isBusy(this.#sessionId)) this.#host.waitUntil(this.#follow(ours, agent));
      const headers = new Headers();
      if (c.req.header("sec-websocket-protocol")?.includes(PROTOCOL)) headers.set("sec-websocket-protocol", PROTOCOL);
      return new Response(null, { status: 101, headers, webSocket: theirs } as ResponseInit);
    });
  }

  /** A turn begins: whoever is connected hears it, however it was asked for. */
  turnBegan(agent: Agent): void {
    for (const socket of this.#ctx.getWebSockets()) this.#host.waitUntil(this.#follow(socket, agent));
  }

  async received(socket: WorkerSocket, text: string | ArrayBuffer, agent: Agent, limits: Limits): Promise<void> {
    let id: Json = null;
    try {
      const asked = askedOf(text);
      id = asked.id;
      await this.#act(socket, asked, agent, limits);
    } catch (error) {
      const known = asRuntimeError(error);
      if (known.status >= 500) this.#host.log("error", String(error), { sessionId: this.#sessionId });
      send(socket, errorFrame(known, id));
    }
  }

  async #act(socket: WorkerSocket, asked: Asked, agent: Agent, limits: Limits): Promise<void> {
    const { caller } = socket.deserializeAttachment() as Attachment;
    await limits.request(caller);
    if (asked.type === "cancel") {
      await agent.turns.cancel(this.#sessionId, { clearQueue: true });
    } else if (asked.type === "approval") {
      await agent.approvals.answer(asked.approvalId, approvalAnswer(asked.answer));
    } else {
      await limits.turn(caller);
      const content = await readContent(asked.body, { blobs: agent.blobs, allowedMediaTypes: agent.mediaTypes });
      const used = (tokens: number) => void limits.used(caller, tokens);
      const started = await agent.turns.start(this.#sessionId, { content, used });
      const queueLength = "queueLength" in started ? started.queueLength : 0;
      send(socket, { type: "accepted", id: asked.id, sessionId: this.#sessionId, data: { queueLength } });
    }
  }

  async #follow(socket: WorkerSocket, agent: Agent): Promise<void> {
    const gone = new AbortController();
    const events = await agent.turns.attach(this.#sessionId, gone.signal);
    const frames = new Frames();
    for await (const event of events ?? []) {
      for (const frame of frames.of(event)) if (!send(socket, frame)) return gone.abort();
    }
  }
}

/** False where nobody is there any more. */
function send(socket: WorkerSocket, frame: Frame): boolean {
  try {
    socket.send(JSON.stringify(frame));
    return true;
  } catch {
    return false;
  }
}

function approvalAnswer(answer: Record<string, Json>) {
  const { status, reason, formData, rememberChoice } = answer;
  if (status !== "approved" && status !== "denied" && status !== "cancelled") {
    throw invalid("status_invalid", "status is approved, denied or cancelled.");
  }
  return {
    status,
    ...(typeof reason === "string" ? { reason } : {}),
    ...(formData === undefined ? {} : { formData }),
    ...(rememberChoice === true ? { rememberChoice } : {}),
  } as const;
}

const upgradeNeeded = () =>
  new RuntimeError("upgrade_required", "This address is a WebSocket's.", { status: 426, scope: "request" });
