// The virtual module that each build writes.
declare module "dexto:bundle" {
  import type { Bundle } from "dexto:runtime/contract.ts";
  export const bundle: Bundle;
}
