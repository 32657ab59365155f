// What every page has: times in the reader's zone, the palette, forms that send themselves, parts that are read anew.
"use strict";

function writeTimes(root) {
  for (const time of root.querySelectorAll("time[title]")) {
    time.title = new Date(time.dateTime).toLocaleString();
  }
}

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
for (const form of document.querySelectorAll("form[data-send]")) form.submit();
for (const select of document.querySelectorAll("form[data-filter] select")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}

// Numbers that go on are read anew while somebody looks, but never under the hands of who reads in them.
async function readAnew(part) {
  if (document.hidden || part.querySelector("details[open]") || part.contains(document.activeElement)) return;
  const answer = await fetch(part.dataset.from, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  part.innerHTML = await answer.text();
  writeTimes(part);
}

for (const part of document.querySelectorAll("[data-every]")) {
  setInterval(readAnew, Number(part.dataset.every) * 1000, part);
}
