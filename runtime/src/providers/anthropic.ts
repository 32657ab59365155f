import { createAnthropic } from "@ai-sdk/anthropic";
import type { ModelProvider } from "../contract.ts";
import { requiredKey } from "./keys.ts";

const anthropic: ModelProvider = (llm, host) =>
  createAnthropic({ apiKey: requiredKey(llm.apiKey, "ANTHROPIC_API_KEY", host), baseURL: llm.baseURL })(llm.model);

export default anthropic;
