// The virtual module that each build writes.
declare module "dexto:bundle" {
  export const bundle: import("./contract.ts").Bundle;
}
