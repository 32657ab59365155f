// How the agent presents itself to other agents.

import type { Agent } from "../agent/agent.ts";
import type { Json } from "../contract.ts";

/** `origin` is where the agent was asked, which is its address where the configuration names none. */
export function agentCard(agent: Agent, address: string, needsKey: boolean): Record<string, Json> {
  const { card, id } = agent.settings;
  return {
    name: id,
    description: `The agent ${id}`,
    url: address,
    version: "1.0.0",
    capabilities: { streaming: true, pushNotifications: false, stateTransitionHistory: false },
    ...(needsKey ? { authentication: { schemes: ["bearer"] } } : {}),
    defaultInputModes: ["application/json", "text/plain"],
    defaultOutputModes: ["application/json", "text/event-stream", "text/plain"],
    skills: [{ id: "chat", name: "Chat", description: "Talks with the agent.", tags: ["chat"] }],
    ...card,
  };
}
