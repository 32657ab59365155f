import { MemoryStore } from "../../src/stores/memory.ts";
import { storeContract } from "./store-contract.ts";

storeContract("memory", async () => {
  const store = new MemoryStore();
  return { store, close: () => store.close() };
});
