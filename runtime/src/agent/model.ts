// One answer of a model, streamed. What may work a moment later is tried again, but never once words were heard.

import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4FinishReason,
  LanguageModelV4StreamPart,
} from "@ai-sdk/provider";
import { APICallError } from "@ai-sdk/provider";
import type { Json, TokenUsage, ToolCall } from "../contract.ts";

const ATTEMPTS = 4;
const FIRST_PAUSE = 500; // milliseconds; doubles
const LONGEST_PAUSE = 20_000;

export interface Answer {
  text: string;
  reasoning: string;
  blocks: Block[]; // the same, as the provider cut it
  toolCalls: (ToolCall & { malformed?: string })[];
  usage: TokenUsage;
  finishReason: LanguageModelV4FinishReason["unified"];
}

interface Block {
  type: "text" | "reasoning";
  id: string;
  text: string;
  metadata?: Json;
}

/** What is heard while the answer comes. */
export interface Listener {
  chunk(chunkType: "text" | "reasoning", content: string): void;
  toolInput(callId: string, toolName: string, argsDelta: string): void;
  retry(error: unknown, pauseMs: number): void;
}

/** Fills `answer` as it goes, so that the caller has what was said even if this throws. */
export async function streamAnswer(
  model: LanguageModelV4,
  options: LanguageModelV4CallOptions,
  answer: Answer,
  listener: Listener,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const heard = { anything: false };
    try {
      return await oneAttempt(model, options, answer, listener, heard);
    } catch (error) {
      if (heard.anything || attempt === ATTEMPTS || options.abortSignal?.aborted || !mayWorkLater(error)) throw error;
      const pause = pauseBefore(attempt, error);
      listener.retry(error, pause);
      await sleep(pause, options.abortSignal);
    }
  }
}

export const emptyAnswer = (): Answer => ({
  text: "",
  reasoning: "",
  blocks: [],
  toolCalls: [],
  usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
  finishReason: "other",
});

async function oneAttempt(
  model: LanguageModelV4,
  options: LanguageModelV4CallOptions,
  answer: Answer,
  listener: Listener,
  heard: { anything: boolean },
): Promise<void> {
  const { stream } = await model.doStream(options);
  const names = new Map<string, string>();
  for await (const part of readable(stream)) {
    heard.anything ||=
      part.type === "text-delta" || part.type === "reasoning-delta" || part.type === "tool-input-start";
    take(part, answer, listener, names);
  }
}

function take(part: LanguageModelV4StreamPart, answer: Answer, listener: Listener, names: Map<string, string>): void {
  switch (part.type) {
    case "text-start":
    case "text-end":
      return extend(answer.blocks, "text", part);
    case "reasoning-start":
    case "reasoning-end":
      return extend(answer.blocks, "reasoning", part);
    case "text-delta":
      answer.text += part.delta;
      extend(answer.blocks, "text", part);
      return listener.chunk("text", part.delta);
    case "reasoning-delta":
      answer.reasoning += part.delta;
      extend(answer.blocks, "reasoning", part);
      return listener.chunk("reasoning", part.delta);
    case "tool-input-start":
      names.set(part.id, part.toolName);
      return;
    case "tool-input-delta":
      return listener.toolInput(part.id, names.get(part.id) ?? "", part.delta);
    case "tool-call":
      answer.toolCalls.push({
        ...toolCall(part.toolCallId, part.toolName, part.input),
        ...(part.providerMetadata ? { metadata: part.providerMetadata as Json } : {}),
      });
      return;
    case "finish":
      answer.finishReason = part.finishReason.unified;
      answer.usage = {
        inputTokens: part.usage.inputTokens.total ?? 0,
        outputTokens: part.usage.outputTokens.total ?? 0,
        totalTokens: (part.usage.inputTokens.total ?? 0) + (part.usage.outputTokens.total ?? 0),
      };
      return;
    case "error":
      throw part.error;
  }
}

type Piece = { id: string; delta?: string; providerMetadata?: unknown };

function extend(blocks: Block[], type: Block["type"], { id, delta = "", providerMetadata }: Piece): void {
  let block = blocks.findLast((one) => one.type === type && one.id === id);
  if (!block) blocks.push((block = { type, id, text: "" }));
  block.text += delta;
  if (providerMetadata) block.metadata = providerMetadata as Json;
}

/** A model may write arguments that are no JSON; it is told so, and may try again. */
function toolCall(id: string, name: string, input: string): Answer["toolCalls"][number] {
  try {
    const args = (input.trim() === "" ? {} : JSON.parse(input)) as Json;
    return { id, name, args };
  } catch {
    return { id, name, args: {}, malformed: input.slice(0, 200) };
  }
}

/** Not every engine can iterate over a stream. */
async function* readable<T>(stream: ReadableStream<T>): AsyncGenerator<T> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

export function mayWorkLater(error: unknown): boolean {
  if (APICallError.isInstance(error)) {
    const status = error.statusCode;
    return status === undefined
      ? error.isRetryable
      : status === 408 || status === 409 || status === 429 || status >= 500;
  }
  return lostConnection(error);
}

/** Each engine has its own words for it: "fetch failed", "terminated", "Network connection lost". */
export const lostConnection = (error: unknown): boolean =>
  error instanceof Error &&
  /fetch failed|terminated|socket hang up|network|connection (lost|refused|reset)/i.test(error.message);

function pauseBefore(attempt: number, error: unknown): number {
  const asked = APICallError.isInstance(error) ? Number(error.responseHeaders?.["retry-after"]) : NaN;
  if (asked > 0) return Math.min(asked * 1_000, LONGEST_PAUSE);
  return Math.min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE) * (0.75 + Math.random() / 2);
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
