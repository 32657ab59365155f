// One of several processes that append to the same file: PATH NAME COUNT.

import sqlite from "../../src/stores/sqlite.ts";
import { bundleWith, hostWith } from "../hosts.ts";
import { message } from "./store-contract.ts";

const [path, name, count] = process.argv.slice(2);
const store = await sqlite({ path: path! }, hostWith(), bundleWith());
for (let number = 0; number < Number(count); number += 1) {
  await store.saveMessages("shared", [message(`${name}${number}`, "written")]);
}
await store.close();
