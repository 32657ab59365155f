// What the agent has to offer, read-only: greeting, prompts, tools, its model; what it asks, and what it remembers.

import { Hono, type Context } from "hono";
import type { Agent } from "../agent/agent.ts";
import { sessionOfApproval } from "../agent/approvals.ts";
import type { ApprovalAnswer } from "../agent/approvals.ts";
import { checkedSessionId } from "../agent/sessions.ts";
import type { Json, Message, SearchQuery, SearchResult } from "../contract.ts";
import { invalid } from "../errors.ts";
import { argumentsOf, type Prompt } from "../prompts/catalogue.ts";
import { readBody, textField } from "./bodies.ts";
import type { AgentEnv } from "./message-routes.ts";
import { messageShape, sessionShape } from "./shapes.ts";

export function catalogueRoutes(agent: Agent): Hono<AgentEnv> {
  const routes = new Hono<AgentEnv>();

  routes.get("/greeting", (c) => c.json({ greeting: agent.settings.greeting }));

  routes.get("/llm/current", (c) => c.json({ config: agent.modelDescription }));

  routes.get("/prompts", async (c) => c.json({ prompts: (await agent.prompts()).all().map(promptShape) }));

  routes.get("/prompts/:name/resolve", async (c) => {
    const { prompt, text } = (await agent.prompts()).resolve(c.req.param("name"), argumentsIn(c));
    return c.json({ name: prompt.name, text, resources: [] });
  });

  routes.get("/tools", async (c) => {
    const tools = [...(await agent.tools()).values()].map(({ name, tool, source, server }) => ({
      id: name,
      name,
      description: tool.description,
      source,
      serverName: source === "mcp" ? server : null,
      inputSchema: tool.inputSchema,
    }));
    const mcpCount = tools.filter(({ source }) => source === "mcp").length;
    return c.json({ tools, totalCount: tools.length, localCount: tools.length - mcpCount, mcpCount });
  });

  routes.get("/approvals", async (c) => {
    const asked = c.req.query("sessionId");
    const approvals = await agent.approvals.pending(asked === undefined ? undefined : checkedSessionId(asked));
    return c.json({ ok: true, approvals: approvals as unknown as Json });
  });

  routes.post("/approvals/:id", async (c) => {
    const approvalId = c.req.param("id");
    checkedSessionId(sessionOfApproval(approvalId));
    if (!agent.canAsk) agent.turns.needsSharing("approvals");
    const answer = readAnswer(await readBody(c));
    await agent.approvals.answer(approvalId, answer);
    return c.json({ ok: true, approvalId, status: answer.status });
  });

  routes.get("/search/messages", async (c) => {
    const query = searchQuery(c);
    const results = (await agent.sessions.searchMessages(query)).map(messageHit);
    return c.json({ ...page(results, query), query: query.text });
  });

  routes.get("/search/sessions", async (c) => {
    const query = searchQuery(c);
    const found = await agent.sessions.searchSessions(query);
    const results = await Promise.all(found.map((one) => sessionHit(agent, one)));
    return c.json({ ...page(results, query), query: query.text });
  });

  return routes;
}

function promptShape(prompt: Prompt) {
  const { name, title, description, category, priority, source, showInStarters, userInvocable, argumentHint } = prompt;
  const metadata = { category, priority, showInStarters, userInvocable, ...(argumentHint ? { argumentHint } : {}) };
  return { name, title, description, source, arguments: argumentsOf(prompt), metadata };
}

/** `context` is what a person typed behind the prompt's name; `args` is a JSON list or object of arguments. */
function argumentsIn(c: Context): string {
  const typed = c.req.query("context") ?? "";
  const given = c.req.query("args");
  if (given === undefined) return typed;
  const values = listOf(given).map((one) => (typeof one === "string" ? one : JSON.stringify(one)));
  return [...values.map(quoted), typed].filter(Boolean).join(" ");
}

const quoted = (word: string): string => (/[\s"']/.test(word) ? `"${word.replace(/["\\]/g, "\\$&")}"` : word);

function listOf(text: string): Json[] {
  try {
    const value = JSON.parse(text) as Json;
    return value !== null && typeof value === "object" ? Object.values(value) : [value];
  } catch {
    return [text];
  }
}

const STATUSES = ["approved", "denied", "cancelled"] as const;

function readAnswer(body: Record<string, Json>): ApprovalAnswer {
  const status = STATUSES.find((one) => one === body["status"]);
  if (status === undefined)
    throw invalid("field_invalid", "status is approved, denied or cancelled.", { field: "status" });
  const reason = textField(body, "reason") ?? textField(body, "message");
  return {
    status,
    ...(reason === undefined ? {} : { reason }),
    ...(body["rememberChoice"] === true ? { rememberChoice: true } : {}),
    ...(body["formData"] === undefined ? {} : { formData: body["formData"] }),
  };
}

const ROLES: readonly string[] = ["user", "assistant", "tool"] satisfies Message["role"][];

function searchQuery(c: Context): SearchQuery & { limit: number; offset: number } {
  const text = (c.req.query("q") ?? "").slice(0, 500);
  if (text.trim() === "") throw invalid("field_invalid", "q is missing.", { field: "q" });
  const sessionId = c.req.query("sessionId");
  const role = c.req.query("role");
  return {
    text,
    limit: within(c.req.query("limit"), 20, 100),
    offset: within(c.req.query("offset"), 0, 100_000),
    ...(sessionId === undefined ? {} : { sessionId: checkedSessionId(sessionId) }),
    ...(role !== undefined && ROLES.includes(role) ? { role: role as Message["role"] } : {}),
  };
}

function within(text: string | undefined, otherwise: number, most: number): number {
  const value = Number(text ?? otherwise);
  return Number.isInteger(value) && value >= 0 ? Math.min(value, most) : otherwise;
}

const page = <T>(results: T[], { limit, offset }: { limit: number; offset: number }) => ({
  results,
  total: offset + results.length,
  hasMore: results.length === limit,
});

const messageHit = ({ sessionId, message, score, excerpt }: SearchResult) => ({
  sessionId,
  message: message ? messageShape(message) : null,
  score,
  context: excerpt,
});

async function sessionHit(agent: Agent, { sessionId, score, excerpt }: SearchResult) {
  const session = await agent.sessions.find(sessionId);
  return { sessionId, score, context: excerpt, metadata: session ? sessionShape(session) : null };
}
