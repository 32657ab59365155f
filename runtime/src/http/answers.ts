// Errors as a client reads them: one shape for all, and never a stack.

import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Host } from "../contract.ts";
import { RuntimeError } from "../errors.ts";
import { Failure } from "../failure.ts";

export function errorAnswer(c: Context, error: unknown, log: Host["log"]): Response {
  const known = asRuntimeError(error);
  const traceId = crypto.randomUUID();
  if (known.status >= 500) log("error", describe(error), { traceId, path: c.req.path, code: known.code });
  const { code, message, scope, type, context } = known;
  const body = {
    code,
    message,
    scope,
    type,
    context,
    traceId,
    endpoint: c.req.path.slice(0, 300),
    method: c.req.method,
  };
  if (typeof context["retryAfter"] === "number") c.header("Retry-After", String(context["retryAfter"]));
  return c.json(body, known.status as ContentfulStatusCode);
}

export function asRuntimeError(error: unknown): RuntimeError {
  if (error instanceof RuntimeError) return error;
  if (error instanceof Failure) {
    const context: Record<string, string> = error.next === "" ? {} : { hint: error.next };
    return new RuntimeError(error.code, error.message, { status: 500, scope: "storage", type: "system", context });
  }
  if (error instanceof HTTPException && error.status < 500) {
    return new RuntimeError("request_invalid", "The request cannot be read.", {
      status: error.status,
      scope: "request",
    });
  }
  const message = "Something went wrong in the agent; its log has the reason under this traceId.";
  return new RuntimeError("internal_error", message, { status: 500, type: "system" });
}

const describe = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

export const routeNotFound = () =>
  new RuntimeError("route_not_found", "There is nothing at this address.", {
    status: 404,
    scope: "request",
    type: "not_found",
  });
