// A host that, like a function on a serverless platform, promises nothing after its answer.

import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { bundle } from "dexto:bundle";
import type { Host } from "../../src/contract.ts";
import { createApp } from "../../src/http/app.ts";

const host: Host = { environment: process.env, bindings: {}, waitUntil() {}, log() {} };
const app = await createApp(bundle, host, { resident: false });
createServer(getRequestListener((request) => app.fetch(request))).listen(Number(process.env.PORT));
