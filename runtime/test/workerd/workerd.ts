// workerd with parts-worker.ts in it, and stand-ins that look like the parts.

import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { join } from "node:path";

import type { Json } from "../../src/contract.ts";
import { fromWire, toWire } from "./wire.ts";

export interface Workerd {
  /** A part that lives in the Durable Object called `object`. */
  part<T extends object>(object: string, part: string, config?: Record<string, Json>): T;
  bucket(): Promise<{ put(key: string, content: string | Uint8Array): Promise<unknown> }>;
  close(): Promise<void>;
}

export async function workerd(persist?: string): Promise<Workerd> {
  const miniflare = new Miniflare({
    modules: true,
    script: await bundled(),
    compatibilityDate: "2026-06-01",
    compatibilityFlags: ["nodejs_compat"],
    durableObjects: { PARTS: { className: "Parts", useSQLite: true } },
    r2Buckets: ["DEXTO_BUCKET"],
    ...(persist === undefined ? {} : { defaultPersistRoot: persist }),
  });
  await miniflare.ready;
  return {
    part: (object, part, config = {}) => standIn(miniflare, object, part, config),
    bucket: async () => (await miniflare.getR2Bucket("DEXTO_BUCKET")) as never,
    close: () => miniflare.dispose(),
  };
}

async function bundled(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "parts-worker.ts")],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["workerd", "worker", "browser", "import"],
    external: ["cloudflare:*", "node:*"],
    logLevel: "error",
  });
  return outputFiles[0]!.text;
}

function standIn<T extends object>(miniflare: Miniflare, object: string, part: string, config: Record<string, Json>): T {
  const call = async (method: string, args: unknown[]) => {
    const request = { method: "POST", body: toWire({ part, config, method, args }) };
    const response = await miniflare.dispatchFetch(`http://parts/${object}`, request);
    const { answer, error } = fromWire(await response.text()) as { answer: unknown; error?: { code: string; message: string } };
    if (error !== undefined) throw Object.assign(new Error(error.message), error);
    return answer;
  };
  return new Proxy({} as T, {
    get: (_target, method) => {
      if (method === "then" || method === "coordination") return undefined;
      if (method === "close") return () => Promise.resolve(); // the object goes on
      return (...args: unknown[]) => call(String(method), args);
    },
  });
}
