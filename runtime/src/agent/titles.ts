// A short name for a conversation: the model's, or the first words where it has none to give.

import type { Agent } from "./agent.ts";
import { emptyAnswer, streamAnswer } from "./model.ts";
import { reportUsage } from "./usage-report.ts";

const LONGEST = 60;
const ENOUGH = 2_000; // characters of the conversation that the model reads
const TIME = 15_000;
const TASK = "Name this conversation in at most six words. Answer with the name alone, without quotes.";

export async function titleFor(agent: Agent, sessionId: string): Promise<string> {
  const [first] = (await agent.sessions.messages(sessionId)).filter((message) => message.role === "user");
  const text = first?.content.map((part) => ("text" in part ? part.text : "")).join(" ") ?? "";
  if (text.trim() === "") return "New conversation";
  return (await asked(agent, sessionId, text.slice(0, ENOUGH)).catch(() => "")) || shortened(text);
}

async function asked(agent: Agent, sessionId: string, text: string): Promise<string> {
  const answer = emptyAnswer();
  const prompt = [
    { role: "system" as const, content: TASK },
    { role: "user" as const, content: [{ type: "text" as const, text }] },
  ];
  const silent = { chunk() {}, toolInput() {}, retry() {} };
  const abortSignal = AbortSignal.timeout(TIME);
  await streamAnswer(agent.model(agent.settings.llm()), { prompt, abortSignal, maxOutputTokens: 50 }, answer, silent);
  reportUsage(agent, sessionId, answer.usage);
  return shortened(answer.text.replace(/^["']|["']$/g, ""));
}

function shortened(text: string): string {
  const line = text.trim().replace(/\s+/g, " ");
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST - 1).trimEnd()}…`;
}
