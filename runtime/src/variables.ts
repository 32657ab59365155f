// `$NAME`, `${NAME}` and `${NAME:-default}` in a configuration. `$$` is a dollar sign.

import type { Host, Json } from "./contract.ts";
import { RuntimeError } from "./errors.ts";

const REFERENCE = /\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$([A-Z_][A-Z0-9_]*)/g;

/** The value with variables in place, at any depth. Throws `variable_missing`, which names the variable. */
export function expand<T extends Json | undefined>(value: T, environment: Host["environment"]): T {
  if (typeof value === "string") return expandText(value, environment) as T;
  if (Array.isArray(value)) return value.map((one) => expand(one, environment)) as T;
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, expand(one, environment)])) as T;
}

function expandText(text: string, environment: Host["environment"]): string {
  return text.replace(REFERENCE, (_whole, braced?: string, fallback?: string, bare?: string) => {
    const name = braced ?? bare;
    if (name === undefined) return "$";
    const value = environment[name] ?? fallback;
    if (value === undefined) throw missingVariable(name);
    return value;
  });
}

export const missingVariable = (name: string) =>
  new RuntimeError("variable_missing", `The variable ${name} is not set.`, {
    status: 500,
    scope: "config",
    type: "system",
    context: { variable: name },
  });

/** A whole number from the environment; undefined where it is unset. Throws `variable_invalid`. */
export function wholeNumber(environment: Host["environment"], name: string): number | undefined {
  const text = environment[name];
  if (text === undefined || text === "") return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new RuntimeError("variable_invalid", `${name} must be a whole number above zero.`, {
    status: 500,
    scope: "config",
    type: "system",
    context: { variable: name },
  });
}
