// What a client is told went wrong. Whatever else is thrown becomes `internal_error`, and its text stays in the log.

import type { Json } from "./contract.ts";
import sharing from "./http/sharing.json" with { type: "json" };

export type ErrorType = "user" | "not_found" | "forbidden" | "rate_limit" | "third_party" | "unsupported" | "system";

export class RuntimeError extends Error {
  readonly code: string;
  readonly status: number;
  readonly scope: string;
  readonly type: ErrorType;
  readonly context: Record<string, Json>;

  constructor(
    code: string,
    message: string,
    { status = 400, scope = "agent", type = "user", context = {}, cause }: ErrorDetails = {},
  ) {
    super(message, { cause });
    this.name = "RuntimeError";
    this.code = code;
    this.status = status;
    this.scope = scope;
    this.type = type;
    this.context = context;
  }
}

export interface ErrorDetails {
  status?: number;
  scope?: string;
  type?: ErrorType;
  context?: Record<string, Json>;
  cause?: unknown;
}

export const invalid = (code: string, message: string, context: Record<string, Json> = {}) =>
  new RuntimeError(code, message, { scope: "request", context });

export const sessionNotFound = (sessionId: string) =>
  new RuntimeError("session_not_found", `There is no session ${sessionId}.`, {
    status: 404,
    scope: "session",
    type: "not_found",
    context: { sessionId },
  });

/** A part of the interface that some targets have only with a shared store; the build's table says which. */
export type SharedFeature = keyof typeof sharing.features;

export const needsSharedStore = (feature: SharedFeature) =>
  new RuntimeError("needs_shared_store", `${sharing.features[feature]} needs a store that all instances of this agent share.`, {
    status: 501,
    type: "unsupported",
    context: { feature, hint: "Use PostgreSQL or Redis in `storage`, or a target whose process stays." },
  });

/** A sentence that may be shown: bounded, one line, without the values of secrets. */
export function publicMessage(error: unknown, secrets: readonly string[] = []): string {
  let text = error instanceof Error ? error.message : String(error);
  for (const secret of secrets) if (secret.length >= 6) text = text.replaceAll(secret, "…");
  return text.split("\n", 1)[0]!.slice(0, 500);
}
