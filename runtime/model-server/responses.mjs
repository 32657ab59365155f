// OpenAI's responses: what comes in, as chat completions have it, and what goes out.

export const path = /\/responses$/;

export function messagesOf({ instructions, input }) {
  const told = instructions ? [{ role: "system", content: instructions }] : [];
  return [...told, ...input.flatMap(converted)];
}

function converted({ type, role, content, output }) {
  if (type === "function_call_output") return [{ role: "tool", content: output }];
  if (type === "function_call" || type === "reasoning") return [];
  if (role === "developer") return [{ role: "system", content }];
  return [{ role, content: typeof content === "string" ? content : content.map(part) }];
}

const part = ({ type, text }) => (text === undefined ? { type } : { type: "text", text });

export function failure(status, message) {
  return { error: { message, type: "fake", code: status === 429 ? "rate_limit_exceeded" : null } };
}

export function* frames({ model }, { words, calls = [], usage }) {
  const response = { id: "resp_fake", object: "response", created_at: 0, model, output: [] };
  yield frame("response.created", { response: { ...response, status: "in_progress" } });
  const blocks = [...(words.length > 0 ? [words] : []), ...calls];
  for (const [index, block] of blocks.entries()) yield* Array.isArray(block) ? text(index, block) : tool(index, block);
  const total = { input_tokens: usage.input, output_tokens: usage.output, total_tokens: usage.input + usage.output };
  yield frame("response.completed", { response: { ...response, status: "completed", usage: total } });
}

function* text(output_index, words) {
  const item = { type: "message", id: "msg_fake", role: "assistant", content: [] };
  yield frame("response.output_item.added", { output_index, item });
  for (const delta of words)
    yield frame("response.output_text.delta", { item_id: item.id, output_index, content_index: 0, delta });
  yield frame("response.output_item.done", { output_index, item });
}

function* tool(output_index, { id, name, args }) {
  const item = { type: "function_call", id: `fc_${id}`, call_id: id, name, arguments: "", status: "in_progress" };
  yield frame("response.output_item.added", { output_index, item });
  yield frame("response.function_call_arguments.delta", { item_id: item.id, output_index, delta: args });
  const done = { ...item, arguments: args, status: "completed" };
  yield frame("response.output_item.done", { output_index, item: done });
}

const frame = (type, rest) => `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
