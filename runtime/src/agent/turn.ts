// One turn: from what the person says to the answer, with the tools that it takes.

import type { LanguageModelV4, LanguageModelV4FunctionTool } from "@ai-sdk/provider";
import type { Json, Message, Part, TokenUsage } from "../contract.ts";
import { HookBlocked } from "../hooks/chain.ts";
import type { Agent } from "./agent.ts";
import { emptyAnswer, mayWorkLater, streamAnswer, type Answer } from "./model.ts";
import { promptOf } from "./prompt.ts";
import { describeFailure, type Failure } from "./failures.ts";
import { runTool } from "./tool-call.ts";
import type { OwnedTool } from "./toolset.ts";
import type { LlmSettings } from "./settings.ts";
import { reportUsage } from "./usage-report.ts";

const MAX_ITERATIONS = 50;

export interface TurnInput {
  content: Part[] | null; // null: a turn that was lost goes on with what the history has
  /** Hears what the turn used, for the caller's limit. */
  used?: (tokens: number) => void;
}

export interface TurnResult {
  response: string;
  messageId: string | null;
  tokenUsage: TokenUsage;
  finishReason: string;
  model: string;
  provider: string;
  failure?: Failure;
}

/** What a turn works with. `emit` adds the session's id to what it is given. */
export interface TurnScope {
  agent: Agent;
  sessionId: string;
  signal: AbortSignal;
  emit(event: { name: string; [key: string]: Json }): void;
}

/** Never throws: what went wrong is said as llm:error, and the last event is always run:complete. */
export async function runTurn(scope: TurnScope, input: TurnInput): Promise<TurnResult> {
  const turn = new Turn(scope);
  try {
    await turn.run(input);
  } catch (error) {
    await turn.failed(error);
  }
  input.used?.(turn.result.tokenUsage.totalTokens);
  const { finishReason } = turn.result;
  scope.emit({ name: "run:complete", finishReason, stepCount: turn.steps, durationMs: Date.now() - turn.startedAt });
  return turn.result;
}

class Turn {
  readonly startedAt = Date.now();
  readonly result: TurnResult;
  steps = 0;
  readonly #scope: TurnScope;
  #answer: Answer = emptyAnswer();
  #saved = true; // whether what the model said so far is in the history

  constructor(scope: TurnScope) {
    this.#scope = scope;
    const { provider, model } = scope.agent.modelName;
    const tokenUsage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
    this.result = { response: "", messageId: null, tokenUsage, finishReason: "error", model, provider };
  }

  async run(input: TurnInput): Promise<void> {
    const { agent, sessionId } = this.#scope;
    if (input.content) await this.#hear(input.content);
    const llm = agent.settings.llm();
    const [model, system, tools] = await Promise.all([agent.model(llm), agent.systemPrompt(), agent.tools()]);
    const limit = llm.maxIterations ?? MAX_ITERATIONS;
    while (this.steps < limit) {
      this.steps++;
      const history = await agent.sessions.context(sessionId);
      await this.#ask(model, llm, system, history, tools);
      if (this.#answer.toolCalls.length === 0) return this.#respond(this.#answer.finishReason);
      await this.#useTools(tools);
      await agent.host.turns?.stepped(sessionId);
    }
    this.#answer = { ...emptyAnswer(), text: this.#answer.text };
    await this.#respond("max-steps");
  }

  /** Says what went wrong, and keeps what was said before it. */
  async failed(error: unknown): Promise<void> {
    const { agent, signal, emit } = this.#scope;
    await this.#keepRest();
    if (signal.aborted) {
      this.result.finishReason = "cancelled";
      return;
    }
    this.result.finishReason = error instanceof HookBlocked ? "content-filter" : "error";
    const failure = describeFailure(error, agent.secrets);
    this.result.failure = failure;
    agent.host.log("error", failure.message, { error: failure.name, sessionId: this.#scope.sessionId });
    const recoverable = error instanceof HookBlocked || mayWorkLater(error);
    emit({
      name: "llm:error",
      error: { message: failure.message, name: failure.name, code: failure.code },
      recoverable,
    });
  }

  async #hear(content: Part[]): Promise<void> {
    const { agent, sessionId } = this.#scope;
    const text = content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
    const payload = await agent.runHooks("beforeLLMRequest", { text, sessionId }, this.#scope);
    const others = content.filter((part) => part.type !== "text");
    const parts: Part[] = payload.text === text ? content : [{ type: "text", text: payload.text }, ...others];
    await agent.sessions.append(sessionId, [message("user", parts)]);
  }

  async #ask(
    model: LanguageModelV4,
    llm: LlmSettings,
    system: string,
    history: Message[],
    tools: Map<string, OwnedTool>,
  ): Promise<void> {
    const { agent, emit, signal } = this.#scope;
    emit({ name: "llm:thinking" });
    const prompt = await promptOf({ system, history, blobs: agent.blobs, maxInputTokens: llm.maxInputTokens });
    this.#answer = emptyAnswer();
    this.#saved = false;
    const options = { prompt, abortSignal: signal, ...callSettings(llm), ...offered(tools) };
    const held = agent.hooks.has("beforeResponse");
    await streamAnswer(model, options, this.#answer, {
      // What a hook may still change is heard only afterwards.
      chunk: (chunkType, content) => held || emit({ name: "llm:chunk", chunkType, content }),
      toolInput: (callId, toolName, argsDelta) =>
        emit({ name: "llm:tool-call-partial", callId, toolName, args: argsDelta }),
      retry: (error, pauseMs) =>
        agent.host.log("warn", `The model is asked again: ${describeFailure(error, agent.secrets).message}`, {
          pauseMs,
        }),
    });
    reportUsage(agent, this.#scope.sessionId, this.#answer.usage);
    signal.throwIfAborted();
    this.#count(this.#answer.usage);
    await this.#review();
  }

  /** Lets the hooks see what the model said, before anyone else does where there are such hooks. */
  async #review(): Promise<void> {
    const { agent, emit } = this.#scope;
    const answer = this.#answer;
    if (!agent.hooks.has("beforeResponse")) return;
    const { provider, model } = this.result;
    const said = { content: answer.text, reasoning: answer.reasoning, provider, model };
    const isFinal = answer.toolCalls.length === 0;
    this.#saved = true; // a hook that blocks keeps it out of the history too
    const payload = await agent.runHooks(
      "beforeResponse",
      { ...said, tokenUsage: usage(answer.usage), isFinal },
      this.#scope,
    );
    this.#saved = false;
    if (payload.content !== answer.text || payload.reasoning !== answer.reasoning) forget(answer);
    answer.text = payload.content;
    answer.reasoning = payload.reasoning;
    if (answer.reasoning) emit({ name: "llm:chunk", chunkType: "reasoning", content: answer.reasoning });
    if (answer.text) emit({ name: "llm:chunk", chunkType: "text", content: answer.text });
  }

  async #useTools(tools: Map<string, OwnedTool>): Promise<void> {
    const calls = this.#answer.toolCalls;
    await this.#keep({ toolCalls: calls.map(({ malformed: _, ...call }) => call) });
    for (const call of calls) {
      const { text, failed } = await runTool(this.#scope, call, tools.get(call.name));
      const answer = message("tool", [{ type: "text", text }]);
      const about = { toolCallId: call.id, toolName: call.name, ...(failed ? { failed } : {}) };
      await this.#scope.agent.sessions.append(this.#scope.sessionId, [{ ...answer, ...about }]);
      this.#scope.signal.throwIfAborted();
    }
  }

  async #respond(finishReason: string): Promise<void> {
    const { emit } = this.#scope;
    const { tokenUsage, model, provider } = this.result;
    const messageId = await this.#keep({ tokenUsage });
    Object.assign(this.result, { response: this.#answer.text, messageId, finishReason });
    const content = this.#answer.text;
    emit({ name: "llm:response", content, provider, model, tokenUsage: usage(tokenUsage), messageId, finishReason });
  }

  async #keep(details: Partial<Message>): Promise<string> {
    const { agent, sessionId } = this.#scope;
    const content = contentOf(this.#answer);
    const { model, provider } = this.result;
    const said = { ...message("assistant", content), model, provider, ...details };
    this.#saved = true;
    await agent.sessions.append(sessionId, [said]);
    return said.id;
  }

  async #keepRest(): Promise<void> {
    if (this.#saved || this.#answer.text === "") return;
    if (this.#scope.agent.hooks.has("beforeResponse")) return;
    this.result.response = this.#answer.text;
    this.result.messageId = await this.#keep({}).catch(() => null);
  }

  #count(step: TokenUsage): void {
    const total = this.result.tokenUsage;
    total.inputTokens += step.inputTokens;
    total.outputTokens += step.outputTokens;
    total.totalTokens += step.totalTokens;
  }
}

/** What a hook changed is no longer what the provider knows under its names; its signatures of calls still hold. */
function forget(answer: Answer): void {
  answer.blocks = [];
  for (const call of answer.toolCalls) {
    const { openai: _, ...rest } = (call.metadata ?? {}) as Record<string, Json>;
    call.metadata = rest;
  }
}

function contentOf({ text, reasoning, blocks }: Answer): Part[] {
  const parts = blocks.filter((block) => block.text !== "" || block.metadata).map(({ id: _, ...part }) => part);
  if (parts.some((part) => part.type === "text" && part.text !== "")) return parts;
  if (parts.length > 0) return [...parts, { type: "text", text }];
  return [...(reasoning ? [{ type: "reasoning" as const, text: reasoning }] : []), { type: "text", text }];
}

const usage = ({ inputTokens, outputTokens, totalTokens }: TokenUsage): Record<string, number> => ({
  inputTokens,
  outputTokens,
  totalTokens,
});

const message = (role: Message["role"], content: Part[]): Message => ({
  id: crypto.randomUUID(),
  role,
  timestamp: Date.now(),
  content,
});

function callSettings({ maxOutputTokens, temperature, reasoning }: LlmSettings) {
  return {
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(isEffort(reasoning?.["variant"]) ? { reasoning: reasoning["variant"] } : {}),
  };
}

const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const;
const isEffort = (value: Json | undefined): value is (typeof EFFORTS)[number] =>
  (EFFORTS as readonly unknown[]).includes(value);

function offered(tools: Map<string, OwnedTool>): { tools?: LanguageModelV4FunctionTool[] } {
  if (tools.size === 0) return {};
  return {
    tools: [...tools.values()].map(({ name, tool: { description, inputSchema } }) => ({
      type: "function",
      name,
      description,
      inputSchema,
    })),
  };
}
