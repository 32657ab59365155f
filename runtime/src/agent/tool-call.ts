// One call of a tool: hooks, permission, the tool itself, hooks. A failure is an answer that the model reads.

import type { Json } from "../contract.ts";
import { publicMessage } from "../errors.ts";
import { HookBlocked } from "../hooks/chain.ts";
import { denial } from "./permissions.ts";
import type { OwnedTool } from "./toolset.ts";
import type { TurnScope } from "./turn.ts";

const LONGEST_RESULT = 100_000; // characters

export interface ToolOutcome {
  text: string;
  failed: boolean;
}

interface Call {
  id: string;
  name: string;
  args: Json;
  malformed?: string;
}

export async function runTool(scope: TurnScope, call: Call, owned: OwnedTool | undefined): Promise<ToolOutcome> {
  const { emit } = scope;
  const about = { toolName: call.name, callId: call.id };
  emit({ name: "llm:tool-call", ...about, args: call.args });
  const { text, failed } = await outcome(scope, call, owned);
  const sanitized = { content: [{ type: "text", text }] };
  emit({ name: "llm:tool-result", ...about, success: !failed, sanitized, ...(failed ? { error: text } : {}) });
  return { text, failed };
}

async function outcome(scope: TurnScope, call: Call, owned: OwnedTool | undefined): Promise<ToolOutcome> {
  if (owned === undefined) return failure(`There is no tool ${call.name}.`);
  if (call.malformed !== undefined) return failure(`The arguments are not JSON: ${call.malformed}`);
  const { agent, sessionId } = scope;
  try {
    const asked = { toolName: call.name, args: call.args, callId: call.id, sessionId };
    const { args } = await agent.runHooks("beforeToolCall", asked, scope);
    const denied = await denial(scope, owned, call.id, args);
    if (denied !== null) return failure(denied);
    const result = await run(scope, owned, call.id, args);
    const about = { toolName: call.name, callId: call.id, sessionId };
    const seen = await agent.runHooks(
      "afterToolResult",
      { ...about, result: result.text, success: !result.failed },
      scope,
    );
    return { text: asText(seen.result), failed: !seen.success };
  } catch (error) {
    if (error instanceof HookBlocked) return failure(error.message);
    throw error;
  }
}

async function run(scope: TurnScope, owned: OwnedTool, callId: string, args: Json): Promise<ToolOutcome> {
  const { agent, sessionId, signal, emit } = scope;
  emit({ name: "tool:running", toolName: owned.name, callId });
  try {
    const result = await owned.tool.run(args, { sessionId, callId, signal, agent: agent.accessFor(scope) });
    return { text: shortened(asText(result)), failed: false };
  } catch (error) {
    signal.throwIfAborted();
    return failure(publicMessage(error, agent.secrets));
  }
}

const failure = (text: string): ToolOutcome => ({ text, failed: true });

const asText = (result: Json): string => (typeof result === "string" ? result : JSON.stringify(result ?? null));

const shortened = (text: string): string =>
  text.length <= LONGEST_RESULT
    ? text
    : `${text.slice(0, LONGEST_RESULT)}\n[${text.length - LONGEST_RESULT} more characters]`;
