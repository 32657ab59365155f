// Whether a tool may run: by the agent's policies, by what the person said before, or by asking.

import type { Json, Session } from "../contract.ts";
import type { OwnedTool } from "./toolset.ts";
import type { TurnScope } from "./turn.ts";

/** Why the tool may not run; null where it may. */
export async function denial(scope: TurnScope, owned: OwnedTool, callId: string, args: Json): Promise<string | null> {
  const { alwaysAllow, alwaysDeny, mode } = scope.agent.settings.permissions;
  if (names(alwaysDeny, owned)) return `${owned.name} is denied by this agent's policy.`;
  if (mode === "auto-approve" || owned.tool.harmless || names(alwaysAllow, owned)) return null;
  if (mode === "auto-deny") return `${owned.name} is denied: this agent runs no tools that would need approval.`;
  return (await remembered(scope, owned)) ? null : ask(scope, owned, callId, args);
}

/** Policies name a tool plainly, or with what it comes from before a double hyphen. */
const names = (policy: string[], { name, tool, server }: OwnedTool): boolean =>
  policy.some((one) => {
    const parts = one.split("--");
    const last = parts.at(-1);
    const fits = one === name || last === tool.name || last === name;
    return fits && (parts.length < 3 || parts.at(-2) === server);
  });

async function ask(scope: TurnScope, owned: OwnedTool, callId: string, args: Json): Promise<string | null> {
  const { agent, sessionId, signal } = scope;
  if (!agent.canAsk) return `${owned.name} needs approval, and nobody can give it here.`;
  const metadata = { toolName: owned.name, toolCallId: callId, args, description: owned.tool.description };
  const { timeout } = agent.settings.permissions;
  const question = { type: "tool_confirmation", sessionId, timeout, metadata } as const;
  const answer = await agent.approvals.ask(question, scope.emit, signal);
  signal.throwIfAborted();
  if (answer.status !== "approved")
    return `${owned.name} was ${answer.status}${answer.reason ? `: ${answer.reason}` : "."}`;
  if (answer.rememberChoice) await remember(scope, owned);
  return null;
}

async function remembered({ agent, sessionId }: TurnScope, { name }: OwnedTool): Promise<boolean> {
  if (agent.allowedTools.get(sessionId)?.has(name)) return true;
  return agent.keepsChoices && kept(await agent.sessions.get(sessionId)).includes(name);
}

async function remember({ agent, sessionId }: TurnScope, { name }: OwnedTool): Promise<void> {
  const allowed = agent.allowedTools.get(sessionId) ?? new Set();
  agent.allowedTools.set(sessionId, allowed.add(name));
  if (!agent.keepsChoices) return;
  await agent.sessions.update(sessionId, (session) => {
    session.metadata["allowedTools"] = [...new Set([...kept(session), name])];
  });
}

const kept = ({ metadata }: Session): string[] => (metadata["allowedTools"] as string[] | undefined) ?? [];
