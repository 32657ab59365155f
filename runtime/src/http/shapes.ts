// How sessions and messages look to a client.

import type { Json, Message, Part, Session } from "../contract.ts";

type Data = Record<string, Json>;

export const sessionShape = ({ id, createdAt, lastActivity, messageCount, title }: Session): Data => ({
  id,
  createdAt,
  lastActivity,
  messageCount,
  title,
});

export function messageShape(message: Message): Data {
  const { id, role, timestamp, toolCallId, toolName, failed, model, provider, tokenUsage } = message;
  return {
    id,
    role,
    timestamp,
    content: message.content.filter((part) => part.type !== "reasoning").map(partShape),
    ...reasoningOf(message),
    ...(message.toolCalls ? { toolCalls: message.toolCalls.map(toolCallShape) } : {}),
    ...(toolCallId === undefined ? {} : { toolCallId, name: toolName ?? "", success: !failed }),
    ...(model === undefined ? {} : { model, provider: provider ?? "" }),
    ...(tokenUsage ? { tokenUsage: { ...tokenUsage } } : {}),
  };
}

function reasoningOf({ content }: Message): Data {
  const reasoning = content.flatMap((part) => (part.type === "reasoning" ? [part.text] : [])).join("");
  return reasoning === "" ? {} : { reasoning };
}

function partShape(part: Part): Data {
  if (part.type === "text" || part.type === "reasoning") return { type: part.type, text: part.text };
  const { type, mediaType, filename, url, blob } = part;
  const source = blob === undefined ? (url ?? "") : `blob:${blob}`;
  return { type, mediaType, [type === "image" ? "image" : "data"]: source, ...(filename ? { filename } : {}) };
}

const toolCallShape = ({ id, name, args }: NonNullable<Message["toolCalls"]>[number]): Data => ({
  id,
  type: "function",
  function: { name, arguments: JSON.stringify(args) },
});
