// Any server that speaks OpenAI's chat completions.

import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import type { ModelProvider } from "../contract.ts";
import { RuntimeError } from "../errors.ts";

/** A provider that speaks chat completions at an address of its own, which `baseURL` overrides. */
export function chatCompletions(name: string, address?: string, keyVariable?: string): ModelProvider {
  return (llm, host) => {
    const baseURL = llm.baseURL ?? address;
    if (baseURL === undefined) throw noAddress(name);
    const apiKey = llm.apiKey ?? (keyVariable === undefined ? undefined : host.environment[keyVariable]);
    return createOpenAICompatible({ name, baseURL, apiKey, includeUsage: true })(llm.model);
  };
}

const noAddress = (name: string) =>
  new RuntimeError("base_url_missing", `The provider ${name} needs llm.baseURL.`, {
    status: 500,
    scope: "config",
    type: "system",
  });

export default chatCompletions("openai-compatible", undefined, "OPENAI_API_KEY");
