// A list of what is to be done, by session, as long as the process lives; the model keeps it to keep its thread.

import type { Json, Tool, ToolSourceFactory } from "../contract.ts";
import { object, schema, textOf } from "./schemas.ts";

const MOST_SESSIONS = 1_000;
const STATUSES = ["pending", "in_progress", "completed"];

const todo: ToolSourceFactory = async () => {
  const lists = new Map<string, Json>();
  const write: Tool = {
    name: "todo_write",
    description: "Replaces the list of what is to be done in this conversation.",
    inputSchema: schema({ todos: { type: "array", items: ITEM } }, ["todos"]),
    harmless: true,
    async run(args, { sessionId }) {
      const todos = object(args)["todos"];
      if (!Array.isArray(todos)) throw new Error("todos must be a list.");
      for (const one of todos) textOf(object(one)["content"], "content");
      lists.set(sessionId, todos);
      if (lists.size > MOST_SESSIONS) lists.delete(lists.keys().next().value!);
      return { todos };
    },
  };
  const read: Tool = {
    name: "todo_read",
    description: "The list of what is to be done in this conversation.",
    inputSchema: schema({}),
    harmless: true,
    run: async (_args, { sessionId }) => ({ todos: lists.get(sessionId) ?? [] }),
  };
  return { tools: async () => [write, read], close: async () => undefined };
};

const ITEM = schema({ content: { type: "string" }, status: { type: "string", enum: STATUSES } }, ["content", "status"]);

export default todo;
