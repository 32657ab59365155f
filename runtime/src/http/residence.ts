// Whether a target's process stays, so that it knows of its turns by itself: the build's table says so.

import type { Bundle } from "../contract.ts";
import sharing from "./sharing.json" with { type: "json" };

export function isResident({ target }: Pick<Bundle, "target">): boolean {
  return sharing.holds[target].length === Object.keys(sharing.features).length;
}
