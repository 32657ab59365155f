// Looks at what comes from the model before anyone else does.

import type { HooksFactory } from "../contract.ts";
import { redacted } from "./redaction.ts";

const responseSanitizer: HooksFactory = (config) => {
  const most = Number(config["maxResponseLength"] ?? 0);
  const redactions = { emails: config["redactEmails"] === true, keys: config["redactApiKeys"] === true };
  const safe = (value: unknown): string => {
    const text = redacted(String(value ?? ""), redactions);
    return most > 0 && text.length > most ? `${text.slice(0, most)}…` : text;
  };
  return {
    beforeResponse: ({ content, reasoning }) => ({
      ok: true,
      modify: { content: safe(content), reasoning: safe(reasoning) },
    }),
  };
};

export default responseSanitizer;
