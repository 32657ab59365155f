// What every page has: times in the reader's zone, parts that renew themselves, the palette, forms that send themselves.
"use strict";

function writeTimes(root) {
  for (const time of root.querySelectorAll("time[title]")) {
    time.title = new Date(time.dateTime).toLocaleString();
  }
  for (const time of root.querySelectorAll("time[data-local]")) {
    time.textContent = inReadersZone(time.dateTime, time.dataset.local);
  }
  for (const one of root.querySelectorAll("[data-utc]")) {
    const tell = (text) => text.replace(one.dataset.utc, inReadersZone(one.dataset.at, one.dataset.shows));
    const label = one.getAttribute("aria-label");
    if (label) one.setAttribute("aria-label", tell(label));
    else one.textContent = tell(one.textContent);
  }
}

function inReadersZone(moment, shows) {
  const day = shows === "day" ? { day: "numeric", month: "short" } : {};
  return new Date(moment).toLocaleString([], { ...day, hour: "2-digit", minute: "2-digit" });
}

// A part of the page that is fetched anew. Whoever is at a link or a button in it with the keyboard stays there, and
// what they opened stays open.
function refresher(part) {
  let waiting = null;
  return () => {
    if (!part || waiting) return;
    waiting = setTimeout(async () => {
      waiting = null;
      const answer = await fetch(part.dataset.refresh, { headers: { Accept: "text/html" } }).catch(() => null);
      if (!answer?.ok || answer.redirected) return;
      const text = await answer.text();
      if (part.querySelector("form :is(input, select):focus, [aria-busy=true]")) return;
      const place = placeOf(part);
      const open = [...part.querySelectorAll("details")].map((one) => one.open);
      part.innerHTML = text;
      part.querySelectorAll("details").forEach((one, index) => (one.open = open[index] ?? one.open));
      place()?.focus();
      writeTimes(part);
    }, 150);
  };
}

function placeOf(part) {
  const at = document.activeElement;
  if (!part.contains(at)) return () => null;
  const found = at.href
    ? (one) => one.href === at.href
    : (one) => one.form?.action === at.form?.action && one.textContent === at.textContent;
  return () => [...part.querySelectorAll("a, button")].find(found);
}

// What shows many deployments listens for changes while it is looked at: a browser has few connections to a host.
function watch(part) {
  const refresh = refresher(part);
  let source = null;
  const listen = () => {
    source?.close();
    source = document.hidden ? null : new EventSource(part.dataset.watch);
    source?.addEventListener("changed", refresh);
  };
  document.addEventListener("visibilitychange", listen);
  addEventListener("pagehide", () => source?.close());
  listen();
}

// A button that was pressed says so at once, and cannot be pressed twice; the answer says what became of it.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button || event.defaultPrevented || event.target.method !== "post") return;
  setTimeout(() => {
    button.disabled = true;
    button.setAttribute("aria-busy", "true");
  });
});
// Who comes back by the browser's memory finds a button, not one that was pressed.
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button[aria-busy]")) {
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
});

// The palette: ⌘K or Ctrl-K opens it, what is typed is looked up, arrows choose, Enter goes there.
const palette = document.getElementById("palette");
let asked = null;

async function lookUp(words) {
  asked?.abort();
  asked = new AbortController();
  const address = `${palette.dataset.find}?q=${encodeURIComponent(words)}`;
  const answer = await fetch(address, { signal: asked.signal, headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  palette.querySelector("[role=listbox]").innerHTML = await answer.text();
  choose(0);
}

function choose(index) {
  const options = [...palette.querySelectorAll("a[role=option]")];
  const next = options.at(Math.min(index, options.length - 1));
  for (const option of options) option.setAttribute("aria-selected", String(option === next));
  palette.querySelector("input").setAttribute("aria-activedescendant", next?.id ?? "");
  next?.scrollIntoView({ block: "nearest" });
}

function openPalette() {
  palette.showModal();
  palette.querySelector("input").select();
  lookUp(palette.querySelector("input").value);
}

function steer(event) {
  const options = [...palette.querySelectorAll("a[role=option]")];
  const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    choose((at + step + options.length) % Math.max(options.length, 1));
  } else if (event.key === "Enter" && at >= 0) {
    event.preventDefault();
    location.assign(options[at].href);
  }
}

if (palette) {
  document.addEventListener("keydown", (event) => {
    if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (palette.open) palette.close();
      else openPalette();
    }
  });
  document.getElementById("open-palette").addEventListener("click", openPalette);
  palette.querySelector("input").addEventListener("input", (event) => lookUp(event.target.value));
  palette.addEventListener("keydown", steer);
  palette.addEventListener("click", (event) => event.target === palette && palette.close());
}

writeTimes(document);
for (const part of document.querySelectorAll("[data-watch]")) watch(part);
for (const form of document.querySelectorAll("form[data-send]")) form.submit();
document.addEventListener("change", (event) => {
  if (event.target.matches("form[data-filter] select")) event.target.form.requestSubmit();
});
// Numbers that go on are read anew while somebody looks.
for (const part of document.querySelectorAll("[data-every]")) {
  const refresh = refresher(part);
  setInterval(() => document.hidden || refresh(), Number(part.dataset.every) * 1000);
}
