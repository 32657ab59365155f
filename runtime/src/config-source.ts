// AGENT_CONFIG_SOURCE: the agents' configuration is read from there at the start, instead of from the bundle. It may
// say whatever needs no further part of the runtime: those that the build put into the bundle are all there are.

import { load } from "js-yaml";
import type { Bundle, BundledAgent, Host, Json, ResourceReader } from "./contract.ts";
import { RuntimeError } from "./errors.ts";
import { sentenceOf } from "./failure.ts";
import http from "./readers/http.ts";
import { loadFailed, publicUri, recorded } from "./readers/reading.ts";
import s3 from "./readers/s3.ts";

type Data = Record<string, Json>;

/** Where a project's folder is, in the URIs of a bundle. */
const PROJECT = "file:///project";
const TEMPLATE = /\$\{\{\s*dexto\.(\w+)\s*\}\}/g;

/**
 * The bundle as it is to be served. The source is one file, which is the default agent's, or a folder whose name ends
 * with a slash: each agent's `<id>.yml` in it. Throws `config_source_unreadable` and `config_source_invalid`.
 */
export async function configured(bundle: Bundle, host: Host): Promise<Bundle> {
  const source = host.environment["AGENT_CONFIG_SOURCE"];
  if (!source) return bundle;
  const reader = readerOf(source, bundle, host);
  const agents = await Promise.all(
    bundle.agents.map(async (agent, index) => {
      const uri = uriOf(source, agent, index, bundle.agents);
      return uri === null ? agent : { ...agent, config: merged(agent.config, await configuration(uri, reader)) };
    }),
  );
  return { ...bundle, agents };
}

function uriOf(source: string, { id, isDefault }: BundledAgent, index: number, all: BundledAgent[]): string | null {
  if (source.endsWith("/")) return `${source}${encodeURIComponent(id)}.yml`;
  const isFirst = index === 0 && !all.some((agent) => agent.isDefault);
  return isDefault || isFirst ? source : null;
}

function readerOf(source: string, bundle: Bundle, host: Host): ResourceReader {
  const scheme = /^([a-z0-9]+):\/\//i.exec(source)?.[1]?.toLowerCase();
  if (scheme === "s3") return s3({ type: "s3", bucket: new URL(source).hostname }, host, bundle);
  if (scheme === "http" || scheme === "https") return http(pageOf(source, host), host, bundle);
  if (scheme === "file" || scheme === undefined) return recorded("fs", host, bundle, (uri) => fileOf(uri, host));
  throw invalid(source, `it cannot be read by ${scheme}://; file, s3, http and https can`);
}

/** The server's address is what callers of this agent cannot choose; its key is sent to that address only. */
function pageOf(source: string, { environment }: Host): Data {
  const token = environment["AGENT_CONFIG_SOURCE_TOKEN"];
  const baseUrl = source.split(/[?#]/, 1)[0]!;
  return { type: "http", baseUrl, ...(token ? { headers: { authorization: `Bearer ${token}` } } : {}) };
}

async function fileOf(uri: string, host: Host): Promise<Uint8Array> {
  if (!host.readFile) throw loadFailed(uri, "this target has no files");
  return host.readFile(uri);
}

async function configuration(uri: string, reader: ResourceReader): Promise<Data> {
  const content = await reader.read(uri).catch((error: unknown) => {
    throw new RuntimeError("config_source_unreadable", `AGENT_CONFIG_SOURCE: ${sentenceOf(error)}`, {
      ...DETAILS,
      cause: error,
    });
  });
  return checked(uri, parsed(uri, content));
}

/** YAML, of which JSON is a part. */
function parsed(uri: string, content: Uint8Array): Json {
  try {
    return load(new TextDecoder("utf-8", { fatal: true }).decode(content)) as Json;
  } catch (error) {
    throw invalid(uri, sentenceOf(error).split("\n", 1)[0]!);
  }
}

function checked(uri: string, value: Json | undefined): Data {
  if (!isData(value)) throw invalid(uri, "it is no mapping of keys to values");
  if (value["systemPrompt"] === undefined) throw invalid(uri, "it has no systemPrompt");
  const llm = value["llm"];
  if (!isData(llm) || typeof llm["provider"] !== "string" || typeof llm["model"] !== "string") {
    throw invalid(uri, "its llm names no provider and model");
  }
  return placed(uri, value) as Data;
}

/** Templates mean the project's folder, as in the bundle; where the file itself lies is no folder of the project. */
function placed(uri: string, value: Json): Json {
  if (typeof value === "string") {
    return value.replace(TEMPLATE, (whole, name: string) => {
      if (name !== "project_dir") throw invalid(uri, `${whole} has no meaning there`);
      return PROJECT;
    });
  }
  if (Array.isArray(value)) return value.map((one) => placed(uri, one));
  if (!isData(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, placed(uri, one)]));
}

/** What the build added stays: the sources of what it brought along, and the storage whose parts are in the bundle. */
function merged(built: Data, read: Data): Data {
  const sources = [built["dataSources"], read["dataSources"]].filter(isData);
  const storage = read["storage"] ?? built["storage"];
  return { ...read, dataSources: Object.assign({}, ...sources) as Data, ...(storage === undefined ? {} : { storage }) };
}

const isData = (value: Json | undefined): value is Data =>
  value !== null && typeof value === "object" && !Array.isArray(value);

const DETAILS = { status: 500, scope: "config", type: "system" } as const;

const invalid = (uri: string, why: string) =>
  new RuntimeError("config_source_invalid", `AGENT_CONFIG_SOURCE ${publicUri(uri)} is no configuration: ${why}.`, DETAILS);
