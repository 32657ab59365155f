// Anthropic's messages: what comes in, as chat completions have it, and what goes out.

export const path = /\/messages$/;

export function messagesOf({ system, messages }) {
  const told = typeof system === "string" ? system : (system ?? []).map((part) => part.text).join("");
  return [...(told ? [{ role: "system", content: told }] : []), ...messages.flatMap(converted)];
}

function converted({ role, content }) {
  const parts = typeof content === "string" ? [{ type: "text", text: content }] : content;
  const results = parts.filter((part) => part.type === "tool_result");
  const rest = parts.filter((part) => part.type !== "tool_result" && part.type !== "tool_use");
  const tools = results.map((part) => ({ role: "tool", content: textOf(part.content) }));
  return [...tools, ...(rest.length > 0 || results.length === 0 ? [{ role, content: rest }] : [])];
}

const textOf = (content) => (typeof content === "string" ? content : content.map((part) => part.text ?? "").join(""));

export function failure(status, message) {
  return { type: "error", error: { type: status === 429 ? "rate_limit_error" : "api_error", message } };
}

export function* frames({ model }, { words, calls = [], usage }) {
  yield frame("message_start", { message: message(model, usage) });
  const blocks = [...(words.length > 0 ? [words] : []), ...calls];
  for (const [index, block] of blocks.entries()) yield* Array.isArray(block) ? text(index, block) : tool(index, block);
  const reason = calls.length > 0 ? "tool_use" : "end_turn";
  yield frame("message_delta", {
    delta: { stop_reason: reason, stop_sequence: null },
    usage: { output_tokens: usage.output },
  });
  yield frame("message_stop", {});
}

function* text(index, words) {
  yield frame("content_block_start", { index, content_block: { type: "text", text: "" } });
  for (const word of words) yield frame("content_block_delta", { index, delta: { type: "text_delta", text: word } });
  yield frame("content_block_stop", { index });
}

function* tool(index, { id, name, args }) {
  yield frame("content_block_start", { index, content_block: { type: "tool_use", id, name, input: {} } });
  yield frame("content_block_delta", { index, delta: { type: "input_json_delta", partial_json: args } });
  yield frame("content_block_stop", { index });
}

const message = (model, usage) => ({
  id: "msg_fake",
  type: "message",
  role: "assistant",
  model,
  content: [],
  stop_reason: null,
  stop_sequence: null,
  usage: { input_tokens: usage.input, output_tokens: 0 },
});

const frame = (type, rest) => `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
