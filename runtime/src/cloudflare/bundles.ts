// The bundle as an object or the Worker itself uses it.

import type { Bundle } from "../contract.ts";
import { directoryCache } from "./directory-cache.ts";
import type { Objects } from "./objects.ts";

/** With one agent; a cache in memory would be another one in each object, so the directory keeps it. */
export function bundleOf(bundle: Bundle, objects: Objects, agentId: string): Bundle {
  const caches = { ...bundle.parts.caches, "in-memory": async () => directoryCache(objects) };
  const agents = bundle.agents.filter((agent) => agent.id === agentId);
  return { ...bundle, agents, parts: { ...bundle.parts, caches } };
}

/** The agent at the root. */
export function defaultAgent(bundle: Bundle): string {
  return (bundle.agents.find((agent) => agent.isDefault) ?? bundle.agents[0])?.id ?? "";
}
