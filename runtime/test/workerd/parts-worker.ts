// Runs parts inside of workerd, where they are meant to run, and passes calls on to them.

import { DurableObject, type DurableObjectNamespace } from "cloudflare:workers";

import type { BlobStore, Host, Json, ResourceReader, Store } from "../../src/contract.ts";
import r2Blobs from "../../src/blobs/r2.ts";
import redis from "../../src/caches/redis.ts";
import r2Reader from "../../src/readers/r2.ts";
import durableObject, { OBJECT_STORAGE } from "../../src/stores/durable-object.ts";
import postgres from "../../src/stores/postgres.ts";
import { bundleWith, hostWith } from "../hosts.ts";
import { fromWire, toWire } from "./wire.ts";

interface Env {
  PARTS: DurableObjectNamespace;
  DEXTO_BUCKET: unknown;
}

export class Parts extends DurableObject<Env> {
  readonly #parts = new Map<string, Promise<object>>();

  override async fetch(request: Request): Promise<Response> {
    const { part, config, method, args } = fromWire(await request.text()) as Call;
    try {
      const found = await this.#part(part, config);
      const answer = await (found as Record<string, (...args: unknown[]) => unknown>)[method]!(...args);
      return new Response(toWire({ answer: answer ?? null }));
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      return new Response(toWire({ error: { code, message } }));
    }
  }

  #part(name: string, config: Record<string, Json>): Promise<object> {
    const key = `${name} ${JSON.stringify(config)}`;
    const known = this.#parts.get(key) ?? this.#made(name, config);
    this.#parts.set(key, known);
    return known;
  }

  async #made(name: string, config: Record<string, Json>): Promise<Store | BlobStore | ResourceReader | object> {
    const host: Host = hostWith({}, { [OBJECT_STORAGE]: this.ctx.storage, DEXTO_BUCKET: this.env.DEXTO_BUCKET });
    if (name === "durable-object") return durableObject(config, host, bundleWith());
    if (name === "postgres") return postgres(config, host, bundleWith());
    if (name === "redis") return redis(config, host);
    if (name === "r2-blobs") return r2Blobs(config, host);
    return r2Reader(config, host, bundleWith());
  }
}

interface Call {
  part: string;
  config: Record<string, Json>;
  method: string;
  args: unknown[];
}

export default {
  fetch(request: Request, env: Env): Promise<Response> {
    const name = new URL(request.url).pathname;
    return env.PARTS.get(env.PARTS.idFromName(name)).fetch(request);
  },
};
