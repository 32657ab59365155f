// The tools that every agent may have: its memory, resources and skills, a question to the person, a request, a pause.

import type { Json, Tool, ToolSourceFactory } from "../contract.ts";
import { httpRequest } from "./http-request.ts";
import { integer, object, optionalText, schema, text, textOf } from "./schemas.ts";

const LONGEST_SLEEP = 60_000; // milliseconds

const builtin: ToolSourceFactory = async (_name, config) => {
  const chosen = config["enabledTools"];
  const tools = Array.isArray(chosen) ? TOOLS.filter((tool) => chosen.includes(tool.name)) : TOOLS;
  return { tools: async () => tools, close: async () => undefined };
};

const searchHistory: Tool = {
  name: "search_history",
  description: "Searches earlier messages of this agent, in this session unless `everywhere` is true.",
  inputSchema: schema(
    { query: text("Words to look for"), limit: integer("At most this many results"), everywhere: { type: "boolean" } },
    ["query"],
  ),
  harmless: true,
  async run(args, { sessionId, agent }) {
    const { query, limit, everywhere } = object(args);
    const where = everywhere === true ? {} : { sessionId };
    const found = await agent.searchMessages({ text: textOf(query, "query"), limit: Number(limit ?? 10), ...where });
    return found.map(({ message, excerpt }) => ({ role: message?.role ?? "", time: message?.timestamp ?? 0, excerpt }));
  },
};

const listResources: Tool = {
  name: "list_resources",
  description: "Lists the resources that this agent may read.",
  inputSchema: schema({}),
  harmless: true,
  run: async (_args, { agent }) => agent.resourceNames(),
};

const getResource: Tool = {
  name: "get_resource",
  description: "Reads a resource by its URI.",
  inputSchema: schema({ uri: text("One of the URIs of list_resources") }, ["uri"]),
  harmless: true,
  async run(args, { agent }) {
    const uri = textOf(object(args)["uri"], "uri");
    if (!agent.resourceNames().includes(uri)) throw new Error("There is no such resource.");
    return agent.resourceText(uri);
  },
};

const invokeSkill: Tool = {
  name: "invoke_skill",
  description: "Reads a skill or prompt of this agent by name, with its arguments in place; follow what it says.",
  inputSchema: schema({ skill: text("The skill's name"), args: text("Its arguments, as a person would type them") }, [
    "skill",
  ]),
  harmless: true,
  async run(args, { agent }) {
    const { skill, args: words } = object(args);
    const name = textOf(skill, "skill");
    const known = await agent.skills();
    if (known.some((one) => one.name === name)) return agent.skill(name, optionalText(words) ?? "");
    throw new Error(`There is no such skill. There are: ${known.map((one) => one.name).join(", ") || "none"}`);
  },
};

const askUser: Tool = {
  name: "ask_user",
  description: "Asks the person a question and waits for the answer.",
  inputSchema: schema(
    { question: text("The question"), schema: { type: "object", description: "JSON Schema of the answer" } },
    ["question"],
  ),
  harmless: true,
  async run(args, { sessionId, agent, signal }) {
    const { question, schema: shape } = object(args);
    return agent.ask(sessionId, textOf(question, "question"), object(shape ?? {}), signal);
  },
};

const sleep: Tool = {
  name: "sleep",
  description: `Waits, at most ${LONGEST_SLEEP / 1_000} seconds.`,
  inputSchema: schema({ seconds: { type: "number", description: "How long" } }, ["seconds"]),
  harmless: true,
  async run(args, { signal }) {
    const ms = Math.min(Math.max(0, Number(object(args)["seconds"]) * 1_000 || 0), LONGEST_SLEEP);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
    });
    return `Waited ${ms / 1_000} s.` satisfies Json;
  },
};

const TOOLS: Tool[] = [searchHistory, listResources, getResource, invokeSkill, askUser, sleep, httpRequest];

export default builtin;
