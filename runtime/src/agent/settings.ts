// An agent's configuration as the runtime reads it. The build has checked its shape; the keys of November 2025 are
// read under their names of today.

import type { BundledAgent, Host, Json } from "../contract.ts";
import { expand } from "../variables.ts";

type Data = Record<string, Json>;

export interface LlmSettings {
  provider: string;
  model: string;
  apiKey?: string;
  baseURL?: string;
  maxIterations?: number;
  maxInputTokens?: number;
  maxOutputTokens?: number;
  temperature?: number;
  allowedMediaTypes?: string[];
  reasoning?: Data;
}

export interface PermissionSettings {
  mode: "manual" | "auto-approve" | "auto-deny";
  timeout: number; // milliseconds
  keepsChoices: boolean; // whether "always allow" outlives the process
  alwaysAllow: string[];
  alwaysDeny: string[];
}

export interface HookSettings {
  type: string;
  priority: number;
  blocking: boolean;
  config: Data;
}

export interface PluginSettings {
  name: string;
  module: string;
  priority: number;
  blocking: boolean;
  config: Data;
}

export interface Settings {
  id: string;
  name: string; // for people
  systemPrompt: Json;
  greeting: string | null;
  card: Data;
  permissions: PermissionSettings;
  sessions: { maxSessions: number; sessionTTL: number };
  prompts: Data[];
  tools: Data[];
  mcpServers: Record<string, Data>;
  resources: Data[];
  hooks: HookSettings[];
  plugins: PluginSettings[];
  dataSources: Record<string, Data>;
  storage: Data;
  agentFile: boolean;
  /** What may hold variables is expanded when it is asked for, so that one unset variable stops only what needs it. */
  llm(): LlmSettings;
  expanded<T extends Json>(value: T): T;
}

const APPROVAL_TIMEOUT = 120_000;

export function readSettings(agent: BundledAgent, host: Host): Settings {
  const config = agent.config;
  const expanded = <T extends Json>(value: T): T => expand(value, host.environment);
  return {
    id: agent.id,
    name: text(data(config["agentCard"])["name"]) ?? text(config["agentId"]) ?? agent.id,
    systemPrompt: config["systemPrompt"] ?? "",
    greeting: text(config["greeting"]),
    card: data(config["agentCard"]),
    permissions: permissions(data(config["permissions"] ?? config["toolConfirmation"])),
    sessions: sessions(data(config["sessions"])),
    prompts: [...list(config["prompts"]), ...list(config["starterPrompts"]).map(starterPrompt)],
    tools: tools(config),
    mcpServers: Object.fromEntries(Object.entries(data(config["mcpServers"])).map(([name, one]) => [name, data(one)])),
    resources: resources(config),
    hooks: hooks(config),
    plugins: list(data(config["plugins"])["custom"]).filter(enabled).map(plugin),
    dataSources: Object.fromEntries(Object.entries(data(config["dataSources"])).map(([n, one]) => [n, data(one)])),
    storage: data(config["storage"]),
    agentFile: data(config["agentFile"])["enabled"] !== false,
    llm: () => llm(data(config["llm"]), host),
    expanded,
  };
}

const data = (value: Json | undefined): Data =>
  value !== null && typeof value === "object" && !Array.isArray(value) ? value : {};
const list = (value: Json | undefined): Data[] => (Array.isArray(value) ? value.map(data) : []);
const text = (value: Json | undefined): string | null => (typeof value === "string" ? value : null);
const texts = (value: Json | undefined): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
const number = (value: Json | undefined, otherwise: number): number => (typeof value === "number" ? value : otherwise);
const enabled = (one: Data): boolean => one["enabled"] !== false;
const starterPrompt = (one: Data): Data => ({ type: "inline", showInStarters: true, ...one });

/** Where DEXTO_MODEL_BASE_URL serves instead, a key may be needed there or not; an unset one is then left out. */
function llm({ apiKey, baseURL, ...rest }: Data, { environment }: Host): LlmSettings {
  const elsewhere = environment["DEXTO_MODEL_BASE_URL"];
  const key = elsewhere ? knownKey(apiKey, environment) : apiKey;
  const address = elsewhere || baseURL;
  const known = { ...rest, ...(key ? { apiKey: key } : {}), ...(address ? { baseURL: address } : {}) };
  return expand(known, environment) as unknown as LlmSettings;
}

function knownKey(apiKey: Json | undefined, environment: Host["environment"]): Json | undefined {
  try {
    return expand(apiKey, environment);
  } catch {
    return undefined;
  }
}

function permissions(config: Data): PermissionSettings {
  const policies = data(config["toolPolicies"]);
  const mode = config["mode"];
  return {
    mode: mode === "auto-approve" || mode === "auto-deny" ? mode : "manual",
    timeout: number(config["timeout"], APPROVAL_TIMEOUT),
    keepsChoices: config["allowedToolsStorage"] === "storage",
    alwaysAllow: texts(policies["alwaysAllow"]),
    alwaysDeny: texts(policies["alwaysDeny"]),
  };
}

function sessions(config: Data): Settings["sessions"] {
  return { maxSessions: number(config["maxSessions"], 100), sessionTTL: number(config["sessionTTL"], 3_600_000) };
}

function tools(config: Data): Data[] {
  const legacy = texts(config["internalTools"]);
  const families = list(config["tools"]).filter(enabled);
  return legacy.length ? [...families, { type: "builtin-tools", enabledTools: legacy }] : families;
}

function resources(config: Data): Data[] {
  const legacy = config["internalResources"];
  if (Array.isArray(legacy)) return [...list(config["resources"]), ...list(legacy)];
  const older = data(legacy);
  return [...list(config["resources"]), ...(enabled(older) ? list(older["resources"]) : [])];
}

function hooks(config: Data): HookSettings[] {
  const plugins = data(config["plugins"]);
  const legacy: Data[] = [
    { type: "content-policy", ...data(plugins["contentPolicy"]) },
    { type: "response-sanitizer", ...data(plugins["responseSanitizer"]) },
  ].filter((_one, index) => plugins[index === 0 ? "contentPolicy" : "responseSanitizer"] !== undefined);
  return [...list(config["hooks"]), ...legacy].filter(enabled).map((one, index) => ({
    type: text(one["type"]) ?? "",
    priority: number(one["priority"], index),
    blocking: one["blocking"] !== false,
    config: one,
  }));
}

function plugin(one: Data): PluginSettings {
  return {
    name: text(one["name"]) ?? "",
    module: text(one["module"]) ?? "",
    priority: number(one["priority"], 100),
    blocking: one["blocking"] === true,
    config: data(one["config"]),
  };
}
