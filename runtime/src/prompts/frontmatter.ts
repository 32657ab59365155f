// What a prompt's file says about itself above its text. Values are scalars; the build has checked them.

export interface PromptText {
  fields: Record<string, string>;
  body: string;
}

const FENCE = /^---[ \t]*\r?\n([\s\S]*?)^---[ \t]*\r?$/m;
const FIELD = /^([A-Za-z][\w-]*)[ \t]*:[ \t]*(.*?)[ \t]*\r?$/;

export function readPromptText(text: string): PromptText {
  const fence = text.startsWith("---") ? FENCE.exec(text) : null;
  if (fence === null || fence.index !== 0) return { fields: {}, body: text };
  const fields: Record<string, string> = {};
  for (const line of fence[1]!.split("\n")) {
    const field = FIELD.exec(line);
    if (field) fields[field[1]!] = unquoted(field[2]!);
  }
  return { fields, body: text.slice(fence[0].length).replace(/^[\r\n]+/, "") };
}

export const firstHeading = (body: string): string | undefined => /^#[ \t]+(.+?)[ \t]*$/m.exec(body)?.[1];

const unquoted = (value: string): string => /^(["'])(.*)\1$/.exec(value)?.[2] ?? value.replace(/[ \t]+#.*$/, "");
