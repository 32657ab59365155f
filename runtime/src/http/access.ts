// Who may call: bearer keys, origins, and how much each caller may ask for.

import type { Context, MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { MemoryCache } from "../caches/memory.ts";
import type { Cache, Host } from "../contract.ts";
import { RuntimeError } from "../errors.ts";
import { wholeNumber } from "../variables.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;
const PUBLIC = /^(\/agents\/[^/]+)?\/(health|\.well-known\/agent-card\.json)$|^\/\.well-known\/dexto-deployment$/;

/** Where a request comes from, as the entry knows it. */
export type AddressOf = (c: Context) => string;

/** The nearest proxy's word: a client can write what it likes before it, but not after. */
export const forwardedAddress: AddressOf = (c) =>
  c.req.header("cf-connecting-ip") ?? c.req.header("x-forwarded-for")?.split(",").at(-1)?.trim() ?? "local";

export function allowedOrigins({ environment }: Host): MiddlewareHandler {
  const origins = listed(environment["DEXTO_CORS_ORIGINS"]);
  if (origins.length === 0) return async (_c, next) => next();
  return cors({
    origin: origins.includes("*") ? "*" : origins,
    allowMethods: ["GET", "POST", "PATCH", "DELETE"],
    allowHeaders: ["Authorization", "Content-Type"],
    exposeHeaders: ["Retry-After"],
    maxAge: 600,
  });
}

/** Keeps the caller's name for what counts by caller. */
export function callers(host: Host, addressOf: AddressOf): MiddlewareHandler {
  const identify = identification(host);
  return async (c, next) => {
    const { key, refused } = await identify(c.req.raw);
    if (refused) throw unauthorized();
    c.set("caller", key?.slice(0, 16) ?? addressOf(c));
    await next();
  };
}

/** Whose key a request bears, and whether it is refused for want of one. */
export function identification({ environment }: Host) {
  const known = Promise.all(listed(environment["DEXTO_API_KEYS"]).map(digest));
  return async (request: Request): Promise<{ key: string | null; refused: boolean }> => {
    const keys = await known;
    const given = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
    const key = given === undefined ? undefined : await digest(given);
    // Digests are compared, so that the time it takes says nothing of the key.
    const isKnown = key !== undefined && keys.includes(key);
    return { key: isKnown ? key : null, refused: keys.length > 0 && !isKnown && !PUBLIC.test(new URL(request.url).pathname) };
  };
}

export class Limits {
  readonly #perMinute: number | undefined;
  readonly #tokensPerDay: number | undefined;
  readonly #counter: Pick<Cache, "increment">;

  constructor({ environment }: Host, cache: Cache | null) {
    this.#perMinute = wholeNumber(environment, "DEXTO_REQUESTS_PER_MINUTE");
    this.#tokensPerDay = wholeNumber(environment, "DEXTO_TOKENS_PER_DAY");
    this.#counter = cache ?? new MemoryCache();
  }

  /** Throws `request_limit`. */
  async request(caller: string): Promise<void> {
    if (this.#perMinute === undefined) return;
    const minute = Math.floor(Date.now() / MINUTE);
    const count = await this.#counter.increment(`requests:${caller}:${minute}`, 1, MINUTE);
    if (count > this.#perMinute)
      throw tooMany("request_limit", `At most ${this.#perMinute} requests a minute.`, MINUTE);
  }

  /** Throws `token_limit`. A turn that began may go past the limit; the next one does not begin. */
  async turn(caller: string): Promise<void> {
    if (this.#tokensPerDay === undefined) return;
    const used = await this.#counter.increment(tokensKey(caller), 0, DAY);
    if (used >= this.#tokensPerDay) throw tooMany("token_limit", `At most ${this.#tokensPerDay} tokens a day.`, DAY);
  }

  used(caller: string, tokens: number): Promise<unknown> {
    if (this.#tokensPerDay === undefined) return Promise.resolve();
    return this.#counter.increment(tokensKey(caller), tokens, DAY);
  }
}

const tokensKey = (caller: string): string => `tokens:${caller}:${Math.floor(Date.now() / DAY)}`;

const listed = (text = ""): string[] =>
  text
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean);

async function digest(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const unauthorized = () =>
  new RuntimeError("unauthorized", "A known key is needed: Authorization: Bearer …", {
    status: 401,
    scope: "request",
    type: "forbidden",
  });

function tooMany(code: string, message: string, window: number): RuntimeError {
  const retryAfter = Math.ceil((window - (Date.now() % window)) / 1_000);
  return new RuntimeError(code, message, {
    status: 429,
    scope: "request",
    type: "rate_limit",
    context: { retryAfter },
  });
}
