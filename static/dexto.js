// Live pages: logs by EventSource, the status anew when something changed, tabs, times in the reader's zone.
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
for (const log of document.querySelectorAll("[data-stream]")) follow(log);
writeTimes(document);
