// JSON Schemas of the tools of our own, and their arguments, which a model may have got wrong.

import type { Json } from "../contract.ts";

type Data = Record<string, Json>;

export const schema = (properties: Data, required: string[] = []): Data => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});

export const text = (description: string): Data => ({ type: "string", description });
export const integer = (description: string): Data => ({ type: "integer", minimum: 1, description });

export function object(args: Json): Data {
  if (args !== null && typeof args === "object" && !Array.isArray(args)) return args;
  throw new Error("The arguments must be an object.");
}

export function textOf(value: Json | undefined, name: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw new Error(`${name} must be a text.`);
}

export const optionalText = (value: Json | undefined): string | undefined =>
  typeof value === "string" ? value : undefined;
