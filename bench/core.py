"""Two numbers of the agent project model: configurations checked per second and core, and 200 slow resources.

    python -m bench.core

Prints what was measured, each beside what is asked; exits 1 when one is missed. The last line is JSON.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath
from threading import Event, Thread
from time import perf_counter, process_time

from builds.loaders.remote import Identity, RemoteLoader
from builds.loaders.script_config import read_script
from builds.resource_check import load_resources, resource_findings
from clients.addresses import ANYWHERE
from clients.guarded_http import GuardedHttp
from core.inspection import Question, inspect
from core.targets import Target
from core.tree import MemoryFiles

ASKED_PER_SECOND = 150
ASKED_SECONDS = 1.5
RESOURCES, LATENCY_SECONDS = 200, 0.05
_ROUNDS = 200


@dataclass(frozen=True)
class Measured:
    """A number, and whether it is good enough."""

    name: str
    value: float
    asked: float
    good: bool


def agent_of_100_lines() -> str:
    """A configuration with a bit of everything, of 100 lines."""
    servers = "".join(
        f"  server{number}:\n    type: http\n    url: https://mcp{number}.example.com/mcp\n"
        f"    headers:\n      Authorization: Bearer $TOKEN_{number}\n"
        for number in range(6)
    )
    prompts = "".join(
        f"  - type: file\n    file: s3://acme/prompt{number}.md\n    dataSource: company\n" for number in range(8)
    )
    text = (
        "llm:\n  provider: openai\n  model: gpt-5\n  apiKey: $OPENAI_API_KEY\n  maxIterations: 50\n"
        "systemPrompt:\n  contributors:\n"
        "    - id: primary\n      type: static\n      priority: 0\n      content: |\n        You help.\n"
        "    - id: date\n      type: dynamic\n      priority: 10\n      source: date\n"
        "    - id: base\n      type: file\n      priority: 20\n      files:\n"
        '        - "${{dexto.agent_dir}}/prompts/base.md"\n'
        "dataSources:\n  fs:\n    type: fs\n"
        "  company:\n    type: s3\n    bucket: acme\n    region: us-east-1\n"
        f"mcpServers:\n{servers}prompts:\n{prompts}"
        "sessions:\n  maxSessions: 100\n  sessionTTL: 3600000\n"
        "permissions:\n  mode: manual\ngreeting: Hello!\n"
    )
    lines = text.count("\n")
    return text + "# ...\n" * (100 - lines)


def check_rate() -> Measured:
    """Whole checks (discovery, both phases, all four targets) per second of processor time."""
    text = agent_of_100_lines()
    assert text.count("\n") == 100
    files = MemoryFiles.of({"agent.yml": text, "prompts/base.md": "# Base\n"})
    question = Question(targets=tuple(Target))
    assert inspect(files, question, read_script).ok
    started = process_time()
    for _ in range(_ROUNDS):
        inspect(files, question, read_script)
    rate = _ROUNDS / (process_time() - started)
    return Measured("agent.yml of 100 lines per second and core", rate, ASKED_PER_SECOND, rate >= ASKED_PER_SECOND)


def slow_resources() -> Measured:
    """A project with 200 resources, each 50 ms away, checked and loaded."""
    with _slow_server() as url:
        text = "systemPrompt: x\nllm: {provider: openai, model: m}\ndataSources:\n"
        text += f"  cdn: {{type: http, baseUrl: '{url}'}}\nprompts:\n"
        text += "".join(
            f"  - {{type: file, file: '{url}/{number}.md', dataSource: cdn}}\n" for number in range(RESOURCES)
        )
        started = perf_counter()
        report = inspect(MemoryFiles.of({"agent.yml": text}), Question(targets=tuple(Target)), read_script)
        with GuardedHttp() as http:
            loader = RemoteLoader(http, ANYWHERE, Identity.TEAM, {})
            loaded = load_resources(report.agents[0], loader)
        findings = list(resource_findings(report.agents[0], loaded))
        seconds = perf_counter() - started
    assert len(loaded) == RESOURCES
    assert not findings
    return Measured("seconds for 200 resources of 50 ms", seconds, ASKED_SECONDS, seconds <= ASKED_SECONDS)


class _SlowHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    latency = Event()

    def do_GET(self) -> None:
        self.latency.wait(LATENCY_SECONDS)
        body = f"# Prompt {PurePosixPath(self.path).stem}\n".encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        self.wfile.write(head + body)

    def log_message(self, *_: object) -> None:
        """The numbers are what counts."""


class _SlowServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128


@contextmanager
def _slow_server() -> Iterator[str]:
    server = _SlowServer(("127.0.0.1", 0), _SlowHandler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def main() -> int:
    """Measures both and says so."""
    results = [check_rate(), slow_resources()]
    for one in results:
        print(f"{'ok ' if one.good else 'MISSED'} {one.name}: {one.value:.2f} (asked: {one.asked:g})")
    record: Mapping[str, float] = {one.name: round(one.value, 3) for one in results}
    print(json.dumps(record))
    return 0 if all(one.good for one in results) else 1


if __name__ == "__main__":
    sys.exit(main())
