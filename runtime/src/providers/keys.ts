// The key of a provider: what the configuration says, or the variable that its clients read by themselves.

import type { Host } from "../contract.ts";
import { missingVariable } from "../variables.ts";

export function requiredKey(configured: string | undefined, variable: string, host: Host): string {
  const key = configured ?? host.environment[variable];
  if (key === undefined || key === "") throw missingVariable(variable);
  return key;
}
