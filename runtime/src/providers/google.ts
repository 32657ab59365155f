import { createGoogleGenerativeAI } from "@ai-sdk/google";
import type { ModelProvider } from "../contract.ts";
import { requiredKey } from "./keys.ts";

const google: ModelProvider = (llm, host) =>
  createGoogleGenerativeAI({
    apiKey: requiredKey(llm.apiKey, "GOOGLE_GENERATIVE_AI_API_KEY", host),
    baseURL: llm.baseURL,
  })(llm.model);

export default google;
