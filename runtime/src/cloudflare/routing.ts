// Which object a request is for. What names no session is for the agent's directory.

import { sessionOfApproval } from "../agent/approvals.ts";
import { isSessionId } from "../agent/sessions.ts";
import type { Json } from "../contract.ts";

export interface Place {
  kind: "session" | "conversation" | "directory";
  agentId: string;
  id: string; // the session's or the conversation's; "" for the directory
  request: Request; // with a body that can be read
}

const WITH_BODY = /^\/(message|message-stream|message-sync|reset|sessions)$/;
const LARGEST_BODY = 10_000_000;

export async function placeOf(received: Request, agentIds: readonly string[], defaultId: string): Promise<Place> {
  const request = await read(received);
  const url = new URL(request.url);
  const [, named, rest = ""] = /^(?:\/agents\/([^/]+))?(\/.*)$/.exec(url.pathname) ?? [];
  const isKnown = named === undefined || agentIds.includes(named);
  const agentId = isKnown && named !== undefined ? named : defaultId;
  const elsewhere: Place = { kind: "directory", agentId, id: "", request };
  const path = /^\/api(\/.*)$/.exec(rest)?.[1];
  if (path === undefined || !isKnown) return elsewhere;
  const conversation = /^\/conversations\/([^/]+)(?:\/|$)/.exec(path)?.[1];
  if (conversation !== undefined) return placed(elsewhere, "conversation", conversation);
  if (request.method === "POST" && WITH_BODY.test(path)) return inBody(elsewhere, path);
  return placed(elsewhere, "session", inPath(path, url.searchParams));
}

function inPath(path: string, query: URLSearchParams): string | null {
  const session = /^\/sessions\/([^/]+)/.exec(path)?.[1];
  if (session !== undefined) return decoded(session);
  const approval = /^\/approvals\/([^/]+)/.exec(path)?.[1];
  if (approval !== undefined) return sessionOfApproval(decoded(approval));
  return path === "/approvals" ? query.get("sessionId") : null;
}

/** The body is read here: a connection whose request was answered without that is closed, and not used again. */
async function read(request: Request): Promise<Request> {
  if (request.body === null || Number(request.headers.get("content-length") ?? 0) > LARGEST_BODY) return request;
  const body = await request.arrayBuffer();
  return withBody(request, request.method === "GET" || request.method === "HEAD" ? null : body);
}

/** A new session that was given no id gets one here, as its id says which object it is. */
async function inBody(place: Place, path: string): Promise<Place> {
  const { request } = place;
  const text = await request.text();
  const body = parsed(text);
  if (body === null) return { ...place, request: withBody(request, text) };
  if (path === "/sessions" && body["sessionId"] === undefined) body["sessionId"] = crypto.randomUUID();
  const same = { ...place, request: withBody(request, JSON.stringify(body)) };
  return placed(same, "session", typeof body["sessionId"] === "string" ? body["sessionId"] : null);
}

function placed(place: Place, kind: Place["kind"], id: string | null): Place {
  return id !== null && isSessionId(id) ? { ...place, kind, id } : place;
}

function withBody(request: Request, body: string | ArrayBuffer | null): Request {
  const headers = new Headers(request.headers);
  headers.delete("content-length");
  return new Request(request.url, { method: request.method, headers, body, signal: request.signal });
}

function parsed(text: string): Record<string, Json> | null {
  try {
    const body = (text.trim() === "" ? {} : JSON.parse(text)) as Json;
    return body !== null && typeof body === "object" && !Array.isArray(body) ? body : null;
  } catch {
    return null;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
