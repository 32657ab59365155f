// A message begins a turn: answered by its events, by its result, or by a word that it was taken.

import { Hono, type Context } from "hono";
import type { Agent } from "../agent/agent.ts";
import { checkedSessionId } from "../agent/sessions.ts";
import type { TurnInput } from "../agent/turn.ts";
import { invalid, RuntimeError } from "../errors.ts";
import type { Limits } from "./access.ts";
import { readBody, readContent } from "./bodies.ts";
import { eventStream } from "./event-stream.ts";

interface Sent {
  sessionId: string;
  input: TurnInput;
}

export type AgentEnv = { Variables: { caller: string } };

export function messageRoutes(agent: Agent, limits: Limits): Hono<AgentEnv> {
  const routes = new Hono<AgentEnv>();

  routes.post("/message-stream", async (c) => {
    const { sessionId, input } = await sent(c, agent, limits);
    const started = await agent.turns.start(sessionId, input);
    if ("queueLength" in started) return c.json(busy(sessionId, started.queueLength), 202);
    return eventStream((signal) => started.turn.log.follow(signal));
  });

  routes.post("/message-sync", async (c) => {
    const { sessionId, input } = await sent(c, agent, limits);
    const started = await agent.turns.start(sessionId, input);
    if ("queueLength" in started) return c.json(busy(sessionId, started.queueLength), 202);
    const { response, tokenUsage, messageId, model, provider, failure, finishReason } = await started.turn.result;
    if (failure) throw turnFailed(failure, finishReason);
    return c.json({ response, sessionId, tokenUsage, messageId, model, provider, finishReason });
  });

  routes.post("/message", async (c) => {
    agent.turns.needsSharing("later");
    const { sessionId, input } = await sent(c, agent, limits);
    await agent.turns.start(sessionId, input);
    return c.json({ accepted: true, sessionId }, 202);
  });

  return routes;
}

async function sent(c: Context<AgentEnv>, agent: Agent, limits: Limits): Promise<Sent> {
  const caller = c.get("caller");
  await limits.turn(caller);
  const body = await readBody(c);
  if (body["sessionId"] === undefined) throw invalid("session_id_missing", "sessionId is missing.");
  const sessionId = checkedSessionId(body["sessionId"]);
  const content = await readContent(body, { blobs: agent.blobs, allowedMediaTypes: agent.mediaTypes });
  return { sessionId, input: { content, used: (tokens) => void limits.used(caller, tokens) } };
}

const busy = (sessionId: string, queueLength: number) => ({
  busy: true,
  sessionId,
  queueLength,
  hint: "A turn of this session is running; this message follows it. Attach by GET /api/sessions/{id}/events.",
});

function turnFailed({ code, message }: { code: string; message: string }, finishReason: string): RuntimeError {
  const refused = finishReason === "content-filter";
  return new RuntimeError(code, message, {
    status: refused ? 403 : code.startsWith("model_") ? 502 : 500,
    scope: "turn",
    type: refused ? "forbidden" : "third_party",
  });
}
