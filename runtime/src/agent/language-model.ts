// The model that an agent's `llm` names. DEXTO_MODEL_BASE_URL sends every agent to one address of chat completions.

import type { LanguageModelV4 } from "@ai-sdk/provider";
import type { Bundle, Host } from "../contract.ts";
import { RuntimeError } from "../errors.ts";
import type { LlmSettings } from "./settings.ts";

export function languageModel(llm: LlmSettings, { parts }: Bundle, host: Host): LanguageModelV4 {
  const elsewhere = host.environment["DEXTO_MODEL_BASE_URL"];
  const generic = elsewhere ? parts.providers["openai-compatible"] : undefined;
  const provider = generic ?? parts.providers[llm.provider];
  if (provider === undefined) throw notInBundle(llm.provider);
  return provider(llm, host) as LanguageModelV4;
}

const notInBundle = (provider: string) =>
  new RuntimeError("provider_not_in_bundle", `Models of ${provider} are not in this bundle.`, {
    status: 500,
    scope: "llm",
    type: "system",
    context: { provider },
  });
