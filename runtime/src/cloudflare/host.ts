// What the runtime's parts see of a Worker.

import type { Host } from "../contract.ts";
import type { Env } from "./objects.ts";

interface Waits {
  waitUntil(promise: Promise<unknown>): void;
}

export function hostOf(env: Env, ctx: Waits, more: Record<string, unknown> = {}): Host {
  const texts = Object.entries(env).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  const host: Host = {
    environment: Object.fromEntries(texts),
    bindings: { ...env, ...more },
    waitUntil: (promise) => ctx.waitUntil(promise.catch((error: unknown) => host.log("error", String(error)))),
    log: (level, message, fields = {}) => console.log(JSON.stringify({ level, message, ...fields })),
  };
  return host;
}

/** Milliseconds from a variable. Raises where it holds something else. */
export function millisecondsOf(host: Host, name: string, otherwise: number): number {
  const text = host.environment[name];
  if (text === undefined || text === "") return otherwise;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new Error(`${name} must be a number of milliseconds.`);
  return value;
}
