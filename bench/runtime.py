"""What the agent runtime costs: its start, its memory, its size for each provider, what it adds to a model's answer.

    python -m bench.runtime

Each number stands beside what is asked, and beside a bare Hono application on the same engine in the same run; exits 1
when one is missed. The last line is JSON. The model is the fake one: its own time is measured and taken off.
"""

from __future__ import annotations

import gzip
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep
from typing import Final

import httpx

from builds.node_program import node_program

RUNTIME: Final = Path(__file__).parents[1] / "runtime"
STARTS, TURNS, REQUESTS = 7, 60, 2_000
MIB: Final = 1_048_576
PROVIDERS: Final = ("openai-compatible", "openai", "anthropic", "google", "groq", "xai", "openrouter", "ollama")
_REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

BARE = """
import { Hono } from "hono";
import { getRequestListener } from "@hono/node-server";
import { createServer } from "node:http";
const app = new Hono().get("/health", (c) => c.text("OK"));
createServer(getRequestListener(app.fetch)).listen(Number(process.env.PORT));
"""
WORKER = """
import { bundle } from "dexto:bundle";
import { createApp } from "dexto:runtime/http/app.ts";
let app;
export default {
  async fetch(request, environment, context) {
    const host = { environment, bindings: environment, waitUntil: (one) => context.waitUntil(one), log() {} };
    app ??= createApp(bundle, host, { resident: true });
    return (await app).fetch(request);
  },
};
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """A number that must not be above what is asked."""

    name: str
    value: float
    asked: float | None = None

    @property
    def good(self) -> bool:
        return self.asked is None or self.value <= self.asked


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        results = [*sizes(folder), *processes(folder)]
    for one in results:
        asked = "" if one.asked is None else f" (asked: at most {one.asked:g})"
        print(f"{'ok    ' if one.good else 'MISSED'} {one.name}: {one.value:.3f}{asked}")
    print(json.dumps({one.name: round(one.value, 4) for one in results}))
    return 0 if all(one.good for one in results) else 1


def sizes(folder: Path) -> Iterator[Measured]:
    """A Worker for an agent with one provider and neither plugins nor MCP."""
    for provider in PROVIDERS:
        place = folder / f"worker-{provider}"
        output = bundled(place, WORKER, provider=provider, store="durable-object", worker=True)
        content = output.read_bytes()
        yield Measured(f"worker {provider}, MB minified", len(content) / 1e6, 1.0)
        yield Measured(f"worker {provider}, kB gzip", len(gzip.compress(content, 9, mtime=0)) / 1e3, 250)


def processes(folder: Path) -> Iterator[Measured]:
    agent = bundled(
        folder / "agent", RUNTIME / "src" / "entries" / "nodejs.ts", provider="openai-compatible", store="sqlite"
    )
    bare = bundled(folder / "bare", BARE)
    with model() as model_url:
        environment = {"MODEL_URL": model_url}
        started, bare_started = interleaved_starts(agent, bare, environment)
        yield Measured("nodejs: seconds to /health", started, 0.5)
        yield Measured("nodejs: seconds to /health, times a bare Hono", started / bare_started)
        with running(agent, environment) as (url, process), running(bare, {}) as (bare_url, bare_process):
            yield Measured("nodejs: MB RSS at /health", memory(process) / MIB, 90)
            yield Measured("nodejs: MB RSS at /health, times a bare Hono", memory(process) / memory(bare_process))
            yield from first_bytes(url, model_url)
            yield Measured("nodejs: MB RSS after turns", memory(process) / MIB)
            rates = [requests_per_second(one) for _ in range(3) for one in (url, bare_url)]
            own, others = statistics.median(rates[0::2]), statistics.median(rates[1::2])
            yield Measured("nodejs: bare Hono's /health per second, times the agent's", others / own)


def first_bytes(url: str, model_url: str) -> Iterator[Measured]:
    """From the request to the first word, by the agent and by the model alone, in turns."""
    added: list[float] = []
    events: list[float] = []
    with httpx.Client() as client:
        for number in range(TURNS):
            alone = seconds_to(client, f"{model_url}/chat/completions", model_request(), '"content":"You"')
            body = {"content": "hello there", "sessionId": f"bench-{number}"}
            by_agent = seconds_to(client, f"{url}/api/message-stream", body, '"content":"You"')
            events.append(seconds_to(client, f"{url}/api/message-stream", body, "llm:thinking"))
            added.append(max(0.0, by_agent - alone))
    yield Measured("first SSE byte after the request, ms, median", statistics.median(events) * 1e3)
    yield Measured("first word after the model's, ms, median", statistics.median(added) * 1e3, 50)
    yield Measured("first word after the model's, ms, p95", statistics.quantiles(added, n=20)[-1] * 1e3)


def seconds_to(client: httpx.Client, url: str, body: object, text: str) -> float:
    began = perf_counter()
    found = 0.0
    with client.stream("POST", url, json=body) as response:
        for line in response.iter_lines():
            if not found and text in line:
                found = perf_counter() - began
    return found


def model_request() -> object:
    return {"model": "fake", "stream": True, "messages": [{"role": "user", "content": "hello there"}]}


def requests_per_second(url: str) -> float:
    with httpx.Client() as client:
        began = perf_counter()
        for _ in range(REQUESTS):
            client.get(f"{url}/health")
        return REQUESTS / (perf_counter() - began)


def interleaved_starts(agent: Path, bare: Path, environment: dict[str, str]) -> tuple[float, float]:
    """Medians, one after the other so that the machine's mood is the same for both."""
    times: dict[Path, list[float]] = {agent: [], bare: []}
    for _ in range(STARTS):
        for script in times:
            began = perf_counter()
            with running(script, environment):
                times[script].append(perf_counter() - began)
    return statistics.median(times[agent]), statistics.median(times[bare])


@contextmanager
def running(script: Path, environment: dict[str, str]) -> Iterator[tuple[str, int]]:
    """The address and the process id, once it is healthy."""
    port = free_port()
    process = subprocess.Popen(
        [node_program(), script],
        cwd=script.parent,
        env={"PATH": os.environ["PATH"], "PORT": str(port), **environment},
        stdout=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        until_healthy(port)
        yield url, process.pid
    finally:
        process.kill()
        process.wait()


def until_healthy(port: int) -> None:
    """A bare socket, so that the caller's own start is not measured."""
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as one:
                one.sendall(b"GET /health HTTP/1.1\r\nHost: agent\r\nConnection: close\r\n\r\n")
                if one.recv(12).endswith(b"200"):
                    return
        except ConnectionError:
            sleep(0.002)


@contextmanager
def model() -> Iterator[str]:
    script = RUNTIME / "model-server" / "server.mjs"
    process = subprocess.Popen([node_program(), script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def bundled(folder: Path, entry: Path | str, *, provider: str = "", store: str = "", worker: bool = False) -> Path:
    """One file, as the bundlers make it: what the entry and its parts need, and nothing else."""
    folder.mkdir()
    (folder / "bundle.mjs").write_text(bundle_module(provider, store) if provider else "export const bundle = null;")
    source = entry if isinstance(entry, Path) else written(entry, RUNTIME / f".bench-{os.getpid()}.ts")
    output = folder / "index.mjs"
    platform = ["--platform=neutral", "--conditions=workerd,worker,browser,import", "--main-fields=module,main"]
    options = platform if worker else ["--platform=node", "--target=node24", f"--banner:js={_REQUIRE}"]
    aliases = [f"--alias:dexto:bundle={folder}/bundle.mjs", f"--alias:dexto:runtime={RUNTIME}/src"]
    fixed = [
        "--bundle",
        "--minify",
        "--format=esm",
        "--legal-comments=none",
        "--external:cloudflare:*",
        "--external:node:*",
    ]
    command = [node_program(), RUNTIME / "node_modules" / "esbuild" / "bin" / "esbuild", source]
    try:
        subprocess.run([*command, *fixed, *options, *aliases, "--log-level=warning", f"--outfile={output}"], check=True)
    finally:
        if source != entry:
            source.unlink()
    return output


def written(text: str, place: Path) -> Path:
    """Beneath the runtime, where its packages are found."""
    place.write_text(text)
    return place


def bundle_module(provider: str, store: str) -> str:
    llm = {"provider": provider, "model": "fake", "apiKey": "key", "baseURL": "${MODEL_URL:-http://model}"}
    agents = [{"id": "main", "isDefault": True, "config": {"systemPrompt": "Be brief.", "llm": llm}}]
    return (
        f'import provider from "dexto:runtime/providers/{provider}.ts";\n'
        f'import store from "dexto:runtime/stores/{store}.ts";\n'
        f"export const bundle = {{ target: 'nodejs', agents: {json.dumps(agents)}, resources: {{}}, modules: {{}},\n"
        f"  parts: {{ providers: {{ {json.dumps(provider)}: provider }}, stores: {{ default: store }},\n"
        "  caches: {}, blobs: {}, readers: {}, toolSources: {}, hooks: {} } };\n"
    )


def memory(process: int) -> int:
    """Resident bytes."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
