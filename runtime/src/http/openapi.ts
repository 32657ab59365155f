// The description of the HTTP interface, made from a table.

type Row = [method: string, path: string, summary: string, status: number];

const ROWS: Row[] = [
  ["get", "/health", "Whether the agent runs", 200],
  ["get", "/.well-known/agent-card.json", "How the agent presents itself", 200],
  ["post", "/api/message", "Send a message; it is answered later", 202],
  ["post", "/api/message-stream", "Send a message; its turn's events are the answer", 200],
  ["post", "/api/message-sync", "Send a message and wait for the answer", 200],
  ["post", "/api/reset", "Forget a session's messages", 200],
  ["get", "/api/sessions", "All sessions", 200],
  ["post", "/api/sessions", "Make a session", 201],
  ["get", "/api/sessions/{id}", "One session", 200],
  ["patch", "/api/sessions/{id}", "Rename a session", 200],
  ["delete", "/api/sessions/{id}", "Delete a session", 200],
  ["get", "/api/sessions/{id}/history", "The messages of a session", 200],
  ["get", "/api/sessions/{id}/events", "Listen to the running turn", 200],
  ["post", "/api/sessions/{id}/cancel", "Cancel the running turn", 200],
  ["post", "/api/sessions/{id}/clear-context", "Let the model forget what was said", 200],
  ["post", "/api/sessions/{id}/generate-title", "Let the model name the session", 200],
  ["post", "/api/sessions/{id}/fork", "Copy a session", 201],
  ["get", "/api/approvals", "Open questions", 200],
  ["post", "/api/approvals/{id}", "Answer a question", 200],
  ["get", "/api/greeting", "The greeting", 200],
  ["get", "/api/prompts", "The prompts to pick from", 200],
  ["get", "/api/prompts/{name}/resolve", "A prompt with its arguments in place", 200],
  ["get", "/api/tools", "The tools", 200],
  ["get", "/api/llm/current", "The model", 200],
  ["get", "/api/search/messages", "Search in messages", 200],
  ["get", "/api/search/sessions", "Search for sessions", 200],
];

const STREAMS = /message-stream$|\/events$/;
const SENDS = /\/api\/message/;

export function openApi(agents: string[]): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const row of ROWS) (paths[row[1]] ??= {})[row[0]] = operation(row);
  return {
    openapi: "3.1.0",
    info: { title: "Agent", version: "1.0.0" },
    servers: ["/", ...agents.map((id) => `/agents/${id}`)].map((url) => ({ url })),
    paths,
    components: {
      securitySchemes: { key: { type: "http", scheme: "bearer" } },
      schemas: { Error: ERROR, Message: MESSAGE },
    },
  };
}

function operation([, path, summary, status]: Row): Record<string, unknown> {
  const type = STREAMS.test(path) ? "text/event-stream" : path.endsWith("/health") ? "text/plain" : "application/json";
  const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => parameter(name!));
  return {
    summary,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(SENDS.test(path) ? { requestBody: { required: true, content: json("Message") } } : {}),
    responses: {
      [status]: { description: summary, content: { [type]: {} } },
      default: { description: "An error", content: json("Error") },
    },
  };
}

const parameter = (name: string) => ({ name, in: "path", required: true, schema: { type: "string" } });
const json = (name: string) => ({ "application/json": { schema: { $ref: `#/components/schemas/${name}` } } });

const ERROR = {
  type: "object",
  required: ["code", "message"],
  properties: Object.fromEntries(
    ["code", "message", "scope", "type", "traceId", "endpoint", "method"].map((name) => [name, { type: "string" }]),
  ),
};

const MESSAGE = {
  type: "object",
  required: ["content", "sessionId"],
  properties: {
    sessionId: { type: "string" },
    content: { oneOf: [{ type: "string" }, { type: "array", items: { type: "object" } }] },
  },
};
