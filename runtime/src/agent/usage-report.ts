// What an answer of the model cost, as a line of the log: people read it there, and the platform adds it up.

import type { TokenUsage } from "../contract.ts";
import type { Agent } from "./agent.ts";

export function reportUsage(agent: Agent, sessionId: string, { inputTokens, outputTokens }: TokenUsage): void {
  if (inputTokens + outputTokens === 0) return; // the model did not say
  const { provider, model } = agent.modelName;
  agent.host.log("info", "The model answered.", { provider, model, sessionId, usage: { inputTokens, outputTokens } });
}
