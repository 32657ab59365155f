// A host that keeps what was logged, for parts that are tried outside of an agent.

import type { Bundle, Host, Json } from "../src/contract.ts";

export interface Logged {
  level: string;
  message: string;
  fields: Record<string, Json>;
}

export function hostWith(
  environment: Record<string, string | undefined> = {},
  bindings: Record<string, unknown> = {},
): Host & { logged: Logged[] } {
  const logged: Logged[] = [];
  return {
    environment,
    bindings,
    logged,
    waitUntil: (promise) => void promise,
    log: (level, message, fields = {}) => void logged.push({ level, message, fields }),
  };
}

/** For parts that look at no bundle, or only at its resources. */
export function bundleWith(resources: Bundle["resources"] = {}, modules: Bundle["modules"] = {}): Bundle {
  const parts = { providers: {}, stores: {}, caches: {}, blobs: {}, readers: {}, toolSources: {}, hooks: {} };
  return { target: "nodejs", agents: [], resources, modules, parts };
}
