// The prompts that a person may pick, and the skills of the project.

import type { Json } from "../contract.ts";
import { RuntimeError } from "../errors.ts";
import type { Resources } from "../agent/resources.ts";
import type { Settings } from "../agent/settings.ts";
import { firstHeading, readPromptText } from "./frontmatter.ts";
import { fillIn, placeholdersOf } from "./placeholders.ts";

type Data = Record<string, Json>;

export interface Prompt {
  name: string;
  title: string;
  description: string;
  category: string;
  priority: number;
  source: "config" | "file" | "skill";
  showInStarters: boolean;
  userInvocable: boolean;
  argumentHint?: string;
  text: string;
}

const SKILL_FILE = /\/skills\/([^/]+)\/SKILL\.md$/;

export class PromptCatalogue {
  readonly #prompts: Map<string, Prompt>;

  private constructor(prompts: Prompt[]) {
    // What the configuration names comes first, and keeps its name.
    this.#prompts = new Map(prompts.reverse().map((prompt) => [prompt.name, prompt]));
  }

  static async load(settings: Settings, resources: Resources): Promise<PromptCatalogue> {
    const prompts = await Promise.all(settings.prompts.map((one) => configured(one, resources)));
    const skills = resources.names.filter((uri) => SKILL_FILE.test(uri)).sort();
    return new PromptCatalogue([...prompts, ...(await Promise.all(skills.map((uri) => skill(uri, resources))))]);
  }

  /** Highest priority first. */
  all(): Prompt[] {
    const prompts = [...this.#prompts.values()];
    return prompts.sort((one, other) => other.priority - one.priority || one.name.localeCompare(other.name));
  }

  resolve(name: string, args: string): { prompt: Prompt; text: string } {
    const prompt = this.#prompts.get(name);
    if (prompt === undefined) throw promptNotFound(name);
    return { prompt, text: fillIn(prompt.text, args) };
  }
}

export const argumentsOf = (prompt: Prompt): { name: string; required: boolean }[] =>
  placeholdersOf(prompt.text).map((name) => ({ name: name === "ARGUMENTS" ? "arguments" : name, required: false }));

async function configured(one: Data, resources: Resources): Promise<Prompt> {
  if (one["type"] === "file") return fromFile(one, resources);
  const name = String(one["id"]);
  return {
    name,
    title: String(one["title"] ?? name),
    description: String(one["description"] ?? ""),
    category: String(one["category"] ?? "general"),
    priority: Number(one["priority"] ?? 0),
    source: "config",
    showInStarters: one["showInStarters"] === true,
    userInvocable: one["user-invocable"] !== false,
    text: String(one["prompt"] ?? ""),
  };
}

async function fromFile(one: Data, resources: Resources): Promise<Prompt> {
  const uri = String(one["file"]);
  const prompt = parsed(uri, "file", await resources.text(uri, String(one["dataSource"] ?? "fs")));
  const namespace = one["namespace"];
  return {
    ...prompt,
    name: typeof namespace === "string" ? `${namespace}:${prompt.name}` : prompt.name,
    showInStarters: one["showInStarters"] === true,
    userInvocable: prompt.userInvocable && one["user-invocable"] !== false,
  };
}

const skill = async (uri: string, resources: Resources): Promise<Prompt> =>
  parsed(uri, "skill", await resources.text(uri));

function parsed(uri: string, source: "file" | "skill", content: string): Prompt {
  const { fields, body } = readPromptText(content);
  const name = fields["id"] ?? fileName(uri);
  return {
    name,
    title: fields["title"] ?? firstHeading(body) ?? name,
    description: fields["description"] ?? "",
    category: fields["category"] ?? "general",
    priority: Number(fields["priority"] ?? 0) || 0,
    source,
    showInStarters: false,
    userInvocable: fields["user-invocable"] !== "false",
    ...(fields["argument-hint"] === undefined ? {} : { argumentHint: fields["argument-hint"] }),
    text: body,
  };
}

function fileName(uri: string): string {
  const path = decodeURIComponent(uri.split(/[?#]/, 1)[0]!);
  return (
    SKILL_FILE.exec(path)?.[1] ??
    path
      .split("/")
      .at(-1)!
      .replace(/\.[^.]*$/, "")
  );
}

const promptNotFound = (name: string) =>
  new RuntimeError("prompt_not_found", "There is no prompt of this name.", {
    status: 404,
    scope: "prompt",
    type: "not_found",
    context: { name: name.slice(0, 100) },
  });
