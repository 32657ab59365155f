// From the history to what a model reads: the AI SDK's prompt, trimmed to the agent's limit.

import type {
  LanguageModelV4FilePart,
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4TextPart,
  LanguageModelV4ToolResultPart,
  SharedV4ProviderOptions,
} from "@ai-sdk/provider";
import type { BlobStore, Json, Message, Part } from "../contract.ts";

const CHARACTERS_PER_TOKEN = 4; // an estimate that holds for English prose
const TOKENS_PER_FILE = 1_000;

export interface PromptParts {
  system: string;
  history: Message[];
  blobs: BlobStore | null;
  maxInputTokens?: number | undefined;
}

export async function promptOf({
  system,
  history,
  blobs,
  maxInputTokens,
}: PromptParts): Promise<LanguageModelV4Prompt> {
  const kept = trimmed(history, maxInputTokens === undefined ? Infinity : maxInputTokens - tokensOf(system));
  const whole = withResults(kept);
  const question = whole.findLastIndex((message) => message.role === "user");
  const messages = await Promise.all(whole.map((message, index) => converted(message, blobs, index > question)));
  const prompt = messages.filter((message) => message !== null);
  return system === "" ? prompt : [{ role: "system", content: system }, ...prompt];
}

/** The newest messages that fit, from a question of the user on; the last question always stays. */
function trimmed(history: Message[], budget: number): Message[] {
  const starts = history.flatMap((message, index) => (message.role === "user" ? [index] : []));
  let from = starts.at(-1) ?? 0;
  let left = budget - weight(history.slice(from));
  for (const start of starts.slice(0, -1).reverse()) {
    left -= weight(history.slice(start, from));
    if (left < 0) break;
    from = start;
  }
  return history.slice(from);
}

const weight = (messages: Message[]): number => messages.reduce((sum, message) => sum + messageTokens(message), 0);

function messageTokens({ content, toolCalls = [] }: Message): number {
  const parts = content.reduce((sum, part) => sum + ("text" in part ? tokensOf(part.text) : TOKENS_PER_FILE), 0);
  return parts + toolCalls.reduce((sum, call) => sum + tokensOf(JSON.stringify(call.args)), 4);
}

export const tokensOf = (text: string): number => Math.ceil(text.length / CHARACTERS_PER_TOKEN);

/** Providers refuse a call without its result, which is what a turn leaves that ended in the middle. */
function withResults(history: Message[]): Message[] {
  const answered = new Set(history.flatMap(({ toolCallId }) => (toolCallId === undefined ? [] : [toolCallId])));
  const called = new Set<string>();
  return history.flatMap((message) => {
    if (message.role === "tool") return called.has(message.toolCallId ?? "") ? [message] : [];
    for (const call of message.toolCalls ?? []) called.add(call.id);
    const missing = (message.toolCalls ?? []).filter((call) => !answered.has(call.id));
    return [message, ...missing.map((call) => interrupted(message, call.id))];
  });
}

function interrupted({ id, timestamp }: Message, toolCallId: string): Message {
  const text = "The turn ended before this tool answered.";
  return { id: `${id}-${toolCallId}`, role: "tool", timestamp, toolCallId, content: [{ type: "text", text }] };
}

/** What a provider wants back of its own counts within a turn; later it may no longer be known there. */
async function converted(
  message: Message,
  blobs: BlobStore | null,
  thisTurn: boolean,
): Promise<LanguageModelV4Message | null> {
  if (message.role === "user") return { role: "user", content: await userParts(message.content, blobs) };
  if (message.role === "tool") return { role: "tool", content: [toolResult(message)] };
  const content: AssistantContent = thisTurn ? ownParts(message.content) : textParts(message.content);
  for (const { id, name, args, metadata } of message.toolCalls ?? []) {
    const options = thisTurn ? returned(metadata) : {};
    content.push({ type: "tool-call", toolCallId: id, toolName: name, input: args, ...options });
  }
  return content.length === 0 ? null : { role: "assistant", content };
}

type AssistantContent = Extract<LanguageModelV4Message, { role: "assistant" }>["content"];

const ownParts = (parts: Part[]): AssistantContent =>
  parts.flatMap((part) => {
    if (part.type !== "text" && part.type !== "reasoning") return [];
    if (part.text === "" && (part.type === "text" || !part.metadata)) return [];
    return [{ type: part.type, text: part.text, ...returned(part.metadata) }];
  });

const returned = (metadata: Json | undefined): { providerOptions?: SharedV4ProviderOptions } =>
  metadata ? { providerOptions: metadata as SharedV4ProviderOptions } : {};

const textParts = (parts: Part[]): LanguageModelV4TextPart[] =>
  parts.flatMap((part) => (part.type === "text" && part.text !== "" ? [{ type: "text", text: part.text }] : []));

function toolResult({ toolCallId = "", toolName = "", failed, content }: Message): LanguageModelV4ToolResultPart {
  const value = textParts(content)
    .map((part) => part.text)
    .join("\n");
  return { type: "tool-result", toolCallId, toolName, output: { type: failed ? "error-text" : "text", value } };
}

async function userParts(parts: Part[], blobs: BlobStore | null) {
  const converted: (LanguageModelV4TextPart | LanguageModelV4FilePart)[] = [];
  for (const part of parts) {
    if (part.type === "text") converted.push({ type: "text", text: part.text });
    else if (part.type !== "reasoning") converted.push(await filePart(part, blobs));
  }
  return converted;
}

async function filePart(
  part: Extract<Part, { mediaType: string }>,
  blobs: BlobStore | null,
): Promise<LanguageModelV4FilePart | LanguageModelV4TextPart> {
  const { mediaType, filename } = part;
  const named = filename === undefined ? {} : { filename };
  if (part.blob !== undefined) {
    const blob = (await blobs?.get(part.blob)) ?? null;
    if (blob === null) return { type: "text", text: `[${filename ?? part.type}: no longer stored]` };
    return { type: "file", mediaType, ...named, data: { type: "data", data: blob.content } };
  }
  const inline = /^data:[^,]*;base64,/.exec(part.url ?? "");
  if (inline)
    return { type: "file", mediaType, ...named, data: { type: "data", data: part.url!.slice(inline[0].length) } };
  return { type: "file", mediaType, ...named, data: { type: "url", url: new URL(part.url ?? "") } };
}
