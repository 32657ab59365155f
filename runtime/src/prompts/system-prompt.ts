// What the agent is told first: a text, or contributors in the order of their priority.

import type { Bundle, Host, Json } from "../contract.ts";
import { publicMessage, RuntimeError } from "../errors.ts";
import type { Resources } from "../agent/resources.ts";
import type { Settings } from "../agent/settings.ts";

const AGENTS_FILE = /^file:\/\/.*\/AGENTS\.md$/;
const AGENTS_FILE_PRIORITY = 5;
const SEPARATOR = "\n\n---\n\n";

type Data = Record<string, Json>;

interface Contributor {
  priority: number;
  text(): Promise<string>;
}

interface Sources {
  settings: Settings;
  resources: Resources;
  bundle: Bundle;
  host: Host;
}

export async function systemPrompt(sources: Sources): Promise<string> {
  const contributors = [...configured(sources), ...agentsFile(sources)];
  contributors.sort((one, other) => one.priority - other.priority);
  const texts = await Promise.all(contributors.map((one) => one.text()));
  return texts.filter((text) => text.trim() !== "").join("\n\n");
}

function configured(sources: Sources): Contributor[] {
  const { systemPrompt } = sources.settings;
  if (typeof systemPrompt === "string") return [{ priority: 0, text: async () => systemPrompt }];
  const list = ((systemPrompt as Data)["contributors"] ?? []) as Data[];
  return list
    .filter((one) => one["enabled"] !== false)
    .map((one) => ({ priority: Number(one["priority"] ?? 0), text: () => contribution(one, sources) }));
}

/** AGENTS.md in the project's root, which the build puts among the resources. */
function agentsFile({ settings, resources }: Sources): Contributor[] {
  if (!settings.agentFile) return [];
  const uris = resources.names.filter((uri) => AGENTS_FILE.test(uri)).sort((one, other) => one.length - other.length);
  return uris.slice(0, 1).map((uri) => ({ priority: AGENTS_FILE_PRIORITY, text: () => resources.text(uri) }));
}

async function contribution(one: Data, sources: Sources): Promise<string> {
  if (one["type"] === "static") return String(one["content"] ?? "");
  if (one["type"] === "file") return files(one, sources);
  return one["type"] === "dynamic" ? dynamic(String(one["source"]), sources) : "";
}

function dynamic(source: string, { host, bundle, resources }: Sources): string {
  switch (source) {
    case "date":
    case "dateTime":
      return `Current date and time: ${new Date().toISOString()}`;
    case "env":
      // Names of what runs here; values of variables are never shown to a model.
      return `Environment: ${host.environment["DEXTO_ENVIRONMENT"] ?? "production"}, target ${bundle.target}`;
    case "resources":
      return resources.names.length === 0 ? "" : `Available resources:\n${resources.names.map(line).join("\n")}`;
    default:
      return "";
  }
}

const line = (uri: string): string => `- ${uri}`;

async function files(one: Data, { resources }: Sources): Promise<string> {
  const options = (one["options"] ?? {}) as Data;
  const source = String(one["dataSource"] ?? "fs");
  const largest = Number(options["maxFileSize"] ?? 100_000);
  const uris = (one["files"] ?? []) as string[];
  const texts = await Promise.all(uris.map((uri) => file(uri, source, largest, options, resources)));
  const separator = String(options["separator"] ?? SEPARATOR);
  return texts.filter((text) => text !== null).join(separator);
}

async function file(
  uri: string,
  source: string,
  largest: number,
  options: Data,
  resources: Resources,
): Promise<string | null> {
  try {
    const text = await resources.text(uri, source);
    const size = new TextEncoder().encode(text).length;
    if (size > largest) throw new Error(`it has ${size} bytes; at most ${largest} are allowed`);
    return [...header(uri, size, options), text].join("\n");
  } catch (error) {
    if (options["errorHandling"] !== "error") return null;
    throw unreadable(uri, error);
  }
}

function header(uri: string, size: number, options: Data): string[] {
  const name = decodeURIComponent(uri.split("/").at(-1) ?? uri);
  const lines = options["includeFilenames"] === false ? [] : [`## ${name}`, ""];
  return options["includeMetadata"] === true ? [...lines, `*File size: ${size} bytes*`, ""] : lines;
}

const unreadable = (uri: string, error: unknown) =>
  new RuntimeError(
    "system_prompt_unreadable",
    `The system prompt's ${uri.split("?", 1)[0]} cannot be read: ${publicMessage(error)}`,
    {
      status: 500,
      scope: "systemPrompt",
      type: "system",
      cause: error,
    },
  );
