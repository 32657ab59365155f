// OpenAI's Responses API; at another address chat completions, which is what other servers speak.

import { createOpenAI } from "@ai-sdk/openai";
import type { ModelProvider } from "../contract.ts";
import { requiredKey } from "./keys.ts";

const openai: ModelProvider = (llm, host) => {
  const provider = createOpenAI({ apiKey: requiredKey(llm.apiKey, "OPENAI_API_KEY", host), baseURL: llm.baseURL });
  return llm.baseURL === undefined ? provider.responses(llm.model) : provider.chat(llm.model);
};

export default openai;
