// Looks at what goes to the model: how long it is, and what it must not hold.

import type { HooksFactory } from "../contract.ts";
import { redacted } from "./redaction.ts";

const contentPolicy: HooksFactory = (config) => {
  const most = Number(config["maxInputChars"] ?? 0);
  const redactions = { emails: config["redactEmails"] === true, keys: config["redactApiKeys"] === true };
  return {
    beforeLLMRequest({ text }) {
      const said = String(text);
      if (most > 0 && said.length > most) {
        return {
          ok: false,
          cancel: true,
          message: `The message has ${said.length} characters; at most ${most} are allowed.`,
        };
      }
      const safe = redacted(said, redactions);
      return safe === said ? { ok: true } : { ok: true, modify: { text: safe }, notices: [REDACTED] };
    },
  };
};

const REDACTED = { kind: "warn", message: "Something was taken out of the message." };

export default contentPolicy;
