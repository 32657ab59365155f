// A model of our own for tests, benchmarks and the demo without a key. It answers by a script that the user's last
// message names, deterministically. It speaks OpenAI's chat completions and what the files beside it say; there without
// `slow`, `reason`, `malformed` and `drop`. Prints its port.
//
//   <text>                      an echo of the text, word by word
//   tool NAME {"json": …}       calls the tool, then says what it answered
//   tools NAME {…} ; NAME {…}   several calls at once
//   forever NAME                calls the tool again and again
//   slow N MS <text>            N words, MS milliseconds apart
//   reason <text>               thinks first
//   limit N <text>              answers 429 N times, then as ever
//   fail STATUS                 answers this status
//   malformed                   breaks off in the middle of a chunk that is no JSON
//   drop                        closes the connection after two words
//   system | history            says its system prompt, or how many messages it was shown
import { createServer } from "node:http";
import * as anthropic from "./anthropic.mjs";
import * as google from "./google.mjs";
import * as responses from "./responses.mjs";

const WIRES = [anthropic, google, responses];

const refused = new Map(); // by text: how often it was answered 429

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, "http://model");
  if (pathname === "/v1/models")
    return json(response, 200, { object: "list", data: [{ id: "fake", object: "model" }] });
  const wire = WIRES.find((one) => one.path.test(pathname));
  const known = wire !== undefined || pathname.endsWith("/chat/completions");
  if (request.method !== "POST" || !known) return failure(response, 404, "Not here.");
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  await (wire ? answerOver(wire, body, response) : answer(body, response));
});

function answerOver(wire, body, response) {
  const refusal = wire.refusal?.(body) ?? null;
  if (refusal !== null) return json(response, 400, wire.failure(400, refusal));
  const messages = wire.messagesOf(body);
  const script = scriptOf({ messages });
  const said = script.words[0] ?? "As you asked.";
  if (script.status) return json(response, script.status, wire.failure(script.status, said), script.headers);
  const { prompt_tokens: input, completion_tokens: output } = usage({ messages }, script);
  const called = script.calls?.map((call) => ({ id: `call_${++calls}`, ...call }));
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  const heard = { words: script.words, calls: called, usage: { input, output } };
  for (const frame of wire.frames(body, heard)) response.write(frame);
  response.end();
}

async function answer(body, response) {
  const script = scriptOf(body);
  if (script.status) return failure(response, script.status, script.words[0] ?? "As you asked.", script.headers);
  if (!body.stream) return json(response, 200, completion(body, script));
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  await stream(body, script, response);
}

function scriptOf(body) {
  const { messages } = body;
  const question = textOf(messages.findLast((message) => message.role === "user"));
  const [command, ...rest] = question.trim().split(/\s+/);
  const answered = messages.at(-1).role === "tool";
  const results = messages
    .slice(messages.findLastIndex((message) => message.role === "user"))
    .filter((one) => one.role === "tool");
  const said = results.map(textOf).join(" | ");
  switch (command) {
    case "tool":
    case "tools":
      return answered
        ? words(`The tool said: ${said}`)
        : { words: [], calls: callsIn(question.replace(/^\s*tools?\s+/, "")) };
    case "forever":
      return { words: [], calls: callsIn(rest.join(" ")) };
    case "slow":
      return { ...words(rest.slice(2).join(" ") || "and so on"), count: Number(rest[0]), pause: Number(rest[1]) };
    case "reason":
      return { ...words(rest.join(" ")), reasoning: "Let me think." };
    case "limit":
      return limited(question, Number(rest[0]), rest.slice(1).join(" "));
    case "fail":
      return { status: Number(rest[0]) || 500, words: [] };
    case "malformed":
      return { ...words("This breaks"), breaks: "malformed" };
    case "drop":
      return { ...words("This breaks"), breaks: "drop" };
    case "system":
      return words(textOf(messages.find((message) => message.role === "system")) || "none");
    case "history":
      return words(`I was shown ${messages.filter((message) => message.role !== "system").length} messages`);
    default:
      return words(`You said: ${question}${filesIn(messages)}`);
  }
}

const words = (text) => ({ words: text.match(/\s*\S+\s*$|\s*\S+/g) ?? [""] });

function limited(question, times, text) {
  const count = (refused.get(question) ?? 0) + 1;
  refused.set(question, count);
  if (count <= times) return { status: 429, words: ["Too many requests."], headers: { "Retry-After": "0.05" } };
  refused.delete(question);
  return words(`You said: ${text}`);
}

function callsIn(text) {
  return text.split(/\s;\s/).map((one) => {
    const [, name, args = "{}"] = /^\s*(\S+)\s*([\s\S]*)$/.exec(one);
    return { name, args: args.trim() || "{}" };
  });
}

function filesIn(messages) {
  const { content } = messages.findLast((message) => message.role === "user");
  const files = Array.isArray(content) ? content.filter((part) => part.type !== "text") : [];
  return files.length ? ` [${files.map((part) => part.type).join(", ")}]` : "";
}

function textOf(message) {
  if (!message) return "";
  if (typeof message.content === "string") return message.content;
  return (message.content ?? []).map((part) => part.text ?? "").join("");
}

async function stream(body, script, response) {
  const send = (delta, finish = null) => response.write(`data: ${JSON.stringify(chunk(body, delta, finish))}\n\n`);
  send({ role: "assistant", content: "" });
  if (script.reasoning) send({ reasoning_content: script.reasoning });
  const count = script.count ?? script.words.length;
  for (let index = 0; index < count && !response.destroyed; index++) {
    const word = script.words[index % script.words.length];
    send({ content: script.count && index > 0 && !word.startsWith(" ") ? ` ${word}` : word });
    if (script.pause) await new Promise((resolve) => setTimeout(resolve, script.pause));
  }
  if (script.breaks === "drop") return response.write(": over\n\n", () => response.destroy());
  if (script.breaks) return response.end('data: {"choices": [{"delta": \n\n');
  (script.calls ?? []).forEach((call, index) => send({ tool_calls: [toolCall(call, index)] }));
  send({}, script.calls ? "tool_calls" : "stop");
  response.write(`data: ${JSON.stringify({ ...chunk(body, {}, null), choices: [], usage: usage(body, script) })}\n\n`);
  response.end("data: [DONE]\n\n");
}

const toolCall = ({ name, args }, index) => ({
  index,
  id: `call_${name}_${++calls}`,
  type: "function",
  function: { name, arguments: args },
});
let calls = 0;

const chunk = (body, delta, finish) => ({
  id: "chatcmpl-fake",
  object: "chat.completion.chunk",
  created: 0,
  model: body.model,
  choices: [{ index: 0, delta, finish_reason: finish }],
});

const completion = (body, script) => ({
  id: "chatcmpl-fake",
  object: "chat.completion",
  created: 0,
  model: body.model,
  choices: [
    {
      index: 0,
      message: { role: "assistant", content: script.words.join(""), tool_calls: script.calls?.map(toolCall) },
      finish_reason: script.calls ? "tool_calls" : "stop",
    },
  ],
  usage: usage(body, script),
});

function usage({ messages }, script) {
  const prompt = messages.reduce((sum, message) => sum + textOf(message).split(/\s+/).filter(Boolean).length, 0);
  return { prompt_tokens: prompt, completion_tokens: script.words.length, total_tokens: prompt + script.words.length };
}

function json(response, status, body, headers = {}) {
  response.writeHead(status, { "Content-Type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

const failure = (response, status, message, headers) =>
  json(response, status, { error: { message, type: "fake", code: null } }, headers);

process.on("SIGTERM", () => process.exit(0));
server.listen(Number(process.env.PORT ?? 0), process.env.HOST ?? "127.0.0.1", () => console.log(server.address().port));
