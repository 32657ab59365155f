// What a person sees who opens an agent's address: a small page to talk with it. It needs nothing but the agent.

import { html, raw } from "hono/html";

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --back: #8881; --accent: #4f46e5 }
* { box-sizing: border-box }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 42rem; height: 100dvh; margin: auto; padding: 1rem; display: flex; flex-direction: column; gap: .8rem }
h1 { font-size: 1.1rem; margin: 0 }
#said { flex: 1; overflow: auto; display: flex; flex-direction: column; gap: .6rem }
#said p { margin: 0; padding: .5rem .8rem; border-radius: .8rem; background: var(--back); white-space: pre-wrap; overflow-wrap: anywhere; align-self: start; max-width: 90% }
#said .user { align-self: end; background: var(--accent); color: #fff }
#said .error { background: none; color: #c33; padding-left: 0 }
form { display: flex; gap: .5rem }
input { flex: 1; min-width: 0 }
input, button { font: inherit; padding: .6rem .8rem; border: 1px solid var(--line); border-radius: .6rem; background: none; color: inherit }
button { background: var(--accent); border-color: var(--accent); color: #fff; cursor: pointer }
small { opacity: .7 }`;

const SCRIPT = `
const base = location.pathname.replace(/\\/$/, "");
const said = document.getElementById("said"), form = document.querySelector("form"), box = form.elements.content;
const sessionId = sessionStorage.session ??= crypto.randomUUID?.() ?? String(Math.random()).slice(2);
function show(kind, text = "") {
  const line = document.createElement("p");
  line.className = kind; line.textContent = text; said.append(line); line.scrollIntoView();
  return line;
}
async function ask(content) {
  const headers = { "Content-Type": "application/json" };
  if (sessionStorage.key) headers.Authorization = "Bearer " + sessionStorage.key;
  const body = JSON.stringify({ content, sessionId });
  const answer = await fetch(base + "/api/message-stream", { method: "POST", headers, body });
  if (answer.status === 401) return needKey(content);
  if (answer.status !== 200) return show("error", (await answer.json().catch(() => ({}))).message ?? "It is busy; try again.");
  await read(answer.body.pipeThrough(new TextDecoderStream()).getReader());
}
function needKey(content) {
  const key = prompt("This agent wants a key of its callers:");
  if (key) { sessionStorage.key = key; return ask(content); }
}
async function read(reader) {
  let rest = "", line = null;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const frames = (rest + value).split("\\n\\n");
    rest = frames.pop();
    for (const frame of frames) {
      const data = frame.split("\\n").find((one) => one.startsWith("data:"));
      const event = data ? JSON.parse(data.slice(5)) : {};
      if (event.name === "llm:chunk" && event.chunkType === "text") (line ??= show("agent")).textContent += event.content;
      if (event.name === "llm:tool-call") { show("agent", "⚙ " + event.toolName); line = null; }
      if (event.name === "llm:error") show("error", event.error.message);
      said.scrollTop = said.scrollHeight;
    }
  }
}
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const content = box.value.trim();
  if (!content) return;
  box.value = ""; show("user", content);
  form.inert = true;
  try { await ask(content); } catch { show("error", "The connection was lost. Try again."); }
  form.inert = false; box.focus();
});`;

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'";

export const PAGE_HEADERS = {
  "Content-Security-Policy": POLICY,
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
};

/** Shows the agent's name only: whatever else there is to know is asked for, with a key where one is needed. */
export const chatPage = (name: string) => html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${name}</title><style>${raw(STYLE)}</style></head>
<body>
<h1>${name}</h1>
<div id="said" role="log" aria-live="polite"></div>
<form><input name="content" aria-label="Message" placeholder="Say something" autocomplete="off" autofocus><button>Send</button></form>
<small>Programs talk with it at <a href="/openapi.json">openapi.json</a>.</small>
<script>${raw(SCRIPT)}</script>
</body>
</html>`;
