// Google's generateContent: what comes in, as chat completions have it, and what goes out.

export const path = /:streamGenerateContent$/;

export function messagesOf({ systemInstruction, contents }) {
  const told = (systemInstruction?.parts ?? []).map((part) => part.text).join("");
  return [...(told ? [{ role: "system", content: told }] : []), ...contents.flatMap(converted)];
}

function converted({ role, parts }) {
  const results = parts.filter((part) => part.functionResponse);
  const rest = parts.filter((part) => !part.functionResponse && !part.functionCall);
  const tools = results.map((part) => ({ role: "tool", content: said(part.functionResponse.response) }));
  const content = rest.map((part) => (part.text === undefined ? { type: "file" } : { type: "text", text: part.text }));
  return [
    ...tools,
    ...(rest.length > 0 || results.length === 0 ? [{ role: role === "model" ? "assistant" : role, content }] : []),
  ];
}

const SIGNATURE = "c2lnbmVk";

/** What a model signed in this turn has to come back. */
export function refusal({ contents }) {
  const turn = contents.slice(contents.findLastIndex(({ parts }) => parts.some((part) => part.text)) + 1);
  const calls = turn.flatMap(({ parts }) => parts).filter((part) => part.functionCall);
  return calls.every((part) => part.thoughtSignature === SIGNATURE) ? null : "A thought signature is missing.";
}

const said = (response) => (typeof response.content === "string" ? response.content : JSON.stringify(response));

export function failure(status, message) {
  return { error: { code: status, message, status: status === 429 ? "RESOURCE_EXHAUSTED" : "INTERNAL" } };
}

export function* frames(_body, { words, calls = [], usage }) {
  for (const word of words) yield frame([{ text: word }]);
  for (const { name, args } of calls)
    yield frame([{ functionCall: { name, args: parsed(args) }, thoughtSignature: SIGNATURE }]);
  yield frame([{ text: "" }], {
    finishReason: "STOP",
    usageMetadata: {
      promptTokenCount: usage.input,
      candidatesTokenCount: usage.output,
      totalTokenCount: usage.input + usage.output,
    },
  });
}

function parsed(args) {
  try {
    return JSON.parse(args);
  } catch {
    return {};
  }
}

function frame(parts, { usageMetadata, ...rest } = {}) {
  const candidates = [{ index: 0, content: { role: "model", parts }, ...rest }];
  return `data: ${JSON.stringify({ candidates, usageMetadata })}\n\n`;
}
