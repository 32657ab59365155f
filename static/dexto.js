// Live pages: logs by EventSource, the status anew when something changed, tabs, a chat box, times in the reader's zone.
"use strict";

function writeTimes(root) {
  for (const time of root.querySelectorAll("time[title]")) {
    time.title = new Date(time.dateTime).toLocaleString();
  }
}

const status = document.querySelector("[data-refresh]");
let refreshing = null;

function refreshStatus() {
  if (!status || refreshing) return;
  refreshing = setTimeout(async () => {
    refreshing = null;
    const answer = await fetch(status.dataset.refresh, { headers: { Accept: "text/html" } });
    if (answer.ok && !answer.redirected) {
      status.innerHTML = await answer.text();
      writeTimes(status);
    }
  }, 150);
}

function lineOf({ at, step, text }) {
  const line = document.createElement("p");
  const time = document.createElement("time");
  time.dateTime = new Date(at).toISOString();
  time.textContent = new Date(at).toLocaleTimeString([], { hour12: false });
  line.append(time);
  if (step) {
    const name = document.createElement("span");
    name.className = "step";
    name.textContent = step;
    line.append(name);
  }
  line.append(text);
  return line;
}

function follow(log) {
  const source = new EventSource(log.dataset.stream);
  let step = null;
  let waiting = [];
  const flush = () => {
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    log.querySelector(".waiting-line")?.remove();
    log.append(...waiting);
    waiting = [];
    if (atEnd) log.scrollTop = log.scrollHeight;
  };
  source.addEventListener("line", (event) => {
    const line = JSON.parse(event.data);
    if (waiting.push(lineOf(line)) === 1) requestAnimationFrame(flush);
    if (line.step !== step) {
      step = line.step;
      refreshStatus();
    }
  });
  source.addEventListener("changed", refreshStatus);
  source.addEventListener("end", () => {
    source.close();
    const empty = log.querySelector(".waiting-line");
    if (empty) empty.textContent = "Nothing was written.";
    refreshStatus();
    setTimeout(refreshStatus, 1500);
  });
}

function openTab(tab) {
  for (const other of document.querySelectorAll("[role=tab]")) {
    const selected = other === tab;
    other.setAttribute("aria-selected", String(selected));
    other.tabIndex = selected ? 0 : -1;
    document.getElementById(other.getAttribute("aria-controls")).hidden = !selected;
  }
}

for (const tab of document.querySelectorAll("[role=tab]")) {
  tab.addEventListener("click", () => openTab(tab));
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const tabs = [...document.querySelectorAll("[role=tab]")];
    const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
    openTab(next);
    next.focus();
  });
}
// A chat box: what the agent says comes as Server-Sent Events in the answer to a POST.
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
for (const log of document.querySelectorAll("[data-stream]")) follow(log);
writeTimes(document);
for (const form of document.querySelectorAll("form[data-send]")) form.submit();
