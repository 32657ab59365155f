// Sessions: made, listed, renamed, forked, cleared, cancelled, listened to.

import { Hono, type Context } from "hono";
import type { Agent } from "../agent/agent.ts";
import { checkedSessionId } from "../agent/sessions.ts";
import { titleFor } from "../agent/titles.ts";
import { invalid, RuntimeError } from "../errors.ts";
import type { Limits } from "./access.ts";
import { readBody, textField } from "./bodies.ts";
import { eventStream } from "./event-stream.ts";
import type { AgentEnv } from "./message-routes.ts";
import { messageShape, sessionShape } from "./shapes.ts";

export function sessionRoutes(agent: Agent, limits: Limits): Hono<AgentEnv> {
  const routes = new Hono<AgentEnv>();
  const { sessions, turns } = agent;

  routes.get("/sessions", async (c) => c.json({ sessions: (await sessions.list()).map(sessionShape) }));

  routes.post("/sessions", async (c) => {
    const body = await readBody(c);
    const sessionId = body["sessionId"] === undefined ? undefined : checkedSessionId(body["sessionId"]);
    if (sessionId !== undefined && (await sessions.find(sessionId))) throw exists(sessionId);
    return c.json(
      { session: sessionShape(await sessions.create(sessionId, textField(body, "title", 200) ?? null)) },
      201,
    );
  });

  routes.get("/sessions/:id", async (c) => c.json({ session: sessionShape(await sessions.get(idOf(c))) }));

  routes.patch("/sessions/:id", async (c) => {
    const title = textField(await readBody(c), "title", 200);
    if (title === undefined) throw invalid("field_invalid", "title is missing.", { field: "title" });
    const session = await sessions.update(idOf(c), (one) => {
      one.title = title;
    });
    return c.json({ session: sessionShape(session) });
  });

  routes.delete("/sessions/:id", async (c) => {
    const sessionId = idOf(c);
    await sessions.get(sessionId);
    if (await turns.isBusy(sessionId)) {
      await turns.cancel(sessionId, { clearQueue: true });
      // What it still writes shall be deleted too.
      await turns.ended(sessionId);
    }
    await turns.settled(sessionId);
    await sessions.delete(sessionId);
    return c.json({ status: "deleted", sessionId });
  });

  routes.get("/sessions/:id/history", async (c) => {
    const session = await sessions.get(idOf(c));
    const [history, isBusy] = await Promise.all([sessions.messages(session.id, pageOf(c)), turns.isBusy(session.id)]);
    return c.json({ history: history.map(messageShape), isBusy });
  });

  routes.get("/sessions/:id/events", async (c) => {
    const { id } = await sessions.get(idOf(c));
    const stop = new AbortController();
    const events = await turns.attach(id, stop.signal);
    if (events === null) throw notBusy(id);
    return eventStream((signal) => {
      signal.addEventListener("abort", () => stop.abort(), { once: true });
      return events;
    });
  });

  routes.post("/sessions/:id/cancel", async (c) => {
    const { id } = await sessions.get(idOf(c));
    const clearQueue = (await readBody(c))["clearQueue"] === true;
    const { cancelled, clearedCount } = await turns.cancel(id, { clearQueue });
    return c.json({ cancelled, sessionId: id, queueCleared: clearQueue, clearedCount });
  });

  routes.post("/sessions/:id/clear-context", async (c) => {
    const sessionId = idOf(c);
    await sessions.clearContext(sessionId);
    return c.json({ status: "context cleared", sessionId });
  });

  routes.post("/sessions/:id/generate-title", async (c) => {
    await limits.turn(c.get("caller"));
    const session = await sessions.get(idOf(c));
    const title = await titleFor(agent, session.id);
    await sessions.update(session.id, (one) => {
      one.title = title;
    });
    return c.json({ title, sessionId: session.id });
  });

  routes.post("/sessions/:id/fork", async (c) => {
    const title = textField(await readBody(c), "title", 200) ?? null;
    return c.json({ session: sessionShape(await sessions.fork(idOf(c), title)) }, 201);
  });

  routes.post("/reset", async (c) => {
    const sessionId = checkedSessionId((await readBody(c))["sessionId"]);
    await sessions.get(sessionId);
    if (await turns.isBusy(sessionId)) throw busy(sessionId);
    await sessions.reset(sessionId);
    return c.json({ status: "reset", sessionId });
  });

  return routes;
}

const idOf = (c: Context): string => checkedSessionId(c.req.param("id"));

function pageOf(c: Context) {
  const limit = Number(c.req.query("limit") ?? NaN);
  const before = c.req.query("before");
  return {
    ...(Number.isInteger(limit) && limit > 0 ? { limit: Math.min(limit, 1_000) } : {}),
    ...(before === undefined ? {} : { before }),
  };
}

const conflict = (code: string, message: string, sessionId: string) =>
  new RuntimeError(code, message, { status: 409, scope: "session", context: { sessionId } });
const exists = (sessionId: string) => conflict("session_exists", "There is already a session of this id.", sessionId);
const notBusy = (sessionId: string) => conflict("session_not_busy", "No turn of this session is running.", sessionId);
const busy = (sessionId: string) => conflict("session_busy", "A turn of this session is running.", sessionId);
