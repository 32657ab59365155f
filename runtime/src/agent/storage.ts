// The stores that an agent's `storage` names. Without it a bundle's own default serves, which depends on the target.

import type { BlobStore, Bundle, Cache, Host, Json, Store } from "../contract.ts";
import { RuntimeError } from "../errors.ts";
import type { Settings } from "./settings.ts";

type Data = Record<string, Json>;

export async function openStore(settings: Settings, bundle: Bundle, host: Host): Promise<Store> {
  const { storage } = settings;
  const custom = storage["provider"] === "custom";
  const section = custom ? { ...storage, type: "custom" } : sectionOf(storage, "database");
  const { factory, config } = chosen(bundle.parts.stores, section, settings, "database");
  return factory(config, host, bundle);
}

/** Null where the bundle has none: files then stay inside of their messages. */
export async function openBlobs(settings: Settings, bundle: Bundle, host: Host): Promise<BlobStore | null> {
  if (Object.keys(bundle.parts.blobs).length === 0) return null;
  const { factory, config } = chosen(bundle.parts.blobs, sectionOf(settings.storage, "blob"), settings, "blob");
  return factory(config, host);
}

export async function openCache(settings: Settings, bundle: Bundle, host: Host): Promise<Cache | null> {
  if (Object.keys(bundle.parts.caches).length === 0) return null;
  const { factory, config } = chosen(bundle.parts.caches, sectionOf(settings.storage, "cache"), settings, "cache");
  return factory(config, host);
}

const sectionOf = (storage: Data, purpose: string): Data => (storage[purpose] ?? {}) as Data;

function chosen<Factory>(parts: Record<string, Factory>, section: Data, settings: Settings, purpose: string) {
  const name = typeof section["type"] === "string" ? section["type"] : "default";
  const factory = parts[name] ?? parts["default"] ?? (name === "default" ? parts["in-memory"] : undefined);
  if (factory === undefined) throw notInBundle(name, purpose);
  return { factory, config: settings.expanded(section) };
}

const notInBundle = (name: string, purpose: string) =>
  new RuntimeError("storage_not_in_bundle", `storage.${purpose} asks for ${name}, which is not in this bundle.`, {
    status: 500,
    scope: "storage",
    type: "system",
  });
