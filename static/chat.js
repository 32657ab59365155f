// A chat box: what the agent says comes as Server-Sent Events in the answer to a POST.
"use strict";

function bubble(said, kind, text = "") {
  const line = document.createElement("p");
  line.className = kind;
  line.textContent = text;
  said.append(line);
  said.scrollTop = said.scrollHeight;
  return line;
}

async function* eventsOf(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const frames = (rest + value).split("\n\n");
    rest = frames.pop();
    for (const frame of frames) {
      const data = frame.split("\n").find((line) => line.startsWith("data:"));
      if (data) yield JSON.parse(data.slice(5));
    }
  }
}

async function say(said, address, message) {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(message) });
  if (answer.status !== 200) {
    const refusal = await answer.json().catch(() => ({}));
    bubble(said, "failed", refusal.message ?? (answer.status === 202 ? "It is still busy." : `It answered ${answer.status}.`));
    return;
  }
  let line = null;
  for await (const event of eventsOf(answer)) {
    if (event.name === "llm:chunk" && event.chunkType === "text") {
      line ??= bubble(said, "agent");
      line.textContent += event.content;
      said.scrollTop = said.scrollHeight;
    } else if (event.name === "llm:tool-call") {
      bubble(said, "tool", `uses ${event.toolName}`);
      line = null;
    } else if (event.name === "llm:error") bubble(said, "failed", event.error.message);
  }
}

function chat(box) {
  const said = box.querySelector(".said");
  const form = box.querySelector("form");
  const sessionId = `dashboard-${Array.from(crypto.getRandomValues(new Uint32Array(3))).join("-")}`;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const content = form.elements.content.value.trim();
    if (!content) return;
    form.reset();
    bubble(said, "user", content);
    form.inert = true;
    await say(said, box.dataset.chat, { content, sessionId }).catch(() => bubble(said, "failed", "The connection was lost."));
    form.inert = false;
    form.elements.content.focus();
  });
}

for (const box of document.querySelectorAll("[data-chat]")) chat(box);
