// A deployment's page: its logs by EventSource, with search, colours and links to lines; the status anew on a change.
"use strict";

const refreshStatus = refresher(document.querySelector("[data-refresh]"));

// What a program says to a terminal: colours become classes, every other command to it is left out.
const ESCAPES = /\u001b(?:\[([0-9;?]*)([@-~])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|.)/g;

function styled(text) {
  const parts = [];
  let classes = [];
  let from = 0;
  for (const found of text.matchAll(ESCAPES)) {
    parts.push(piece(text.slice(from, found.index), classes));
    from = found.index + found[0].length;
    if (found[2] === "m") classes = (found[1] || "0").split(";").reduce(painted, classes);
  }
  parts.push(piece(text.slice(from), classes));
  return parts.filter((part) => part);
}

function painted(classes, code) {
  const number = Number(code);
  if (number === 0) return [];
  if (number === 1) return [...classes, "bold"];
  if (number === 39) return classes.filter((one) => !one.startsWith("ansi"));
  const colour = number >= 30 && number <= 37 ? number - 30 : number >= 90 && number <= 97 ? number - 90 : -1;
  return colour < 0 ? classes : [...classes.filter((one) => !one.startsWith("ansi")), `ansi${colour}`];
}

function piece(text, classes) {
  if (!text || classes.length === 0) return text;
  const span = document.createElement("span");
  span.className = classes.join(" ");
  span.textContent = text;
  return span;
}

function lineOf(name, { sequence, at, step, text }) {
  const line = document.createElement("p");
  line.id = `${name}-${sequence + 1}`;
  const number = document.createElement("a");
  number.href = `#${line.id}`;
  number.className = "number";
  number.textContent = sequence + 1;
  const time = document.createElement("time");
  time.dateTime = new Date(at).toISOString();
  time.textContent = new Date(at).toLocaleTimeString([], { hour12: false });
  line.append(number, time);
  if (step) {
    const label = document.createElement("span");
    label.className = "step";
    label.textContent = step;
    line.append(label);
  }
  line.append(...styled(text));
  return line;
}

function follow(log) {
  const source = new EventSource(log.dataset.stream);
  const tools = log.parentElement.querySelector(".log-tools");
  let step = null;
  let waiting = [];
  const flush = () => {
    log.querySelector(".waiting-line")?.remove();
    log.append(...waiting);
    for (const line of waiting) sieve(line, tools.querySelector("[type=search]").value);
    waiting = [];
    if (tools.querySelector("[type=checkbox]").checked && !location.hash) log.scrollTop = log.scrollHeight;
    showLinked(log);
  };
  source.addEventListener("line", (event) => {
    const line = JSON.parse(event.data);
    if (waiting.push(lineOf(log.dataset.name, line)) === 1) requestAnimationFrame(flush);
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
  tools.querySelector("[type=search]").addEventListener("input", (event) => {
    for (const line of log.children) sieve(line, event.target.value);
  });
  // Who scrolls up wants to read: following starts again at the end.
  log.addEventListener("wheel", (event) => {
    if (event.deltaY < 0) tools.querySelector("[type=checkbox]").checked = false;
  }, { passive: true });
}

function sieve(line, words) {
  line.hidden = words !== "" && !line.textContent.toLowerCase().includes(words.toLowerCase());
}

function showLinked(log) {
  const line = location.hash && document.getElementById(location.hash.slice(1));
  if (!line || !log.contains(line) || line.classList.contains("linked")) return;
  log.querySelector(".linked")?.classList.remove("linked");
  line.classList.add("linked");
  const panel = log.closest("[role=tabpanel]");
  if (panel) openTab(document.getElementById(panel.getAttribute("aria-labelledby")));
  line.scrollIntoView({ block: "center" });
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

for (const log of document.querySelectorAll("[data-stream]")) {
  follow(log);
  window.addEventListener("hashchange", () => showLinked(log));
}
