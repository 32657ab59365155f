"""AGENT_CONFIG_SOURCE: an agent that reads its configuration where it runs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from builds.packing import Wish, pack
from clients.s3_store import S3Store
from core.targets import Target
from tests.runtime.built import Built, build, written
from tests.runtime.client import Caller, close_all
from tests.runtime.conftest import Start
from tests.runtime.projects import Project, agent, project
from tests.runtime.targets import Running, free_port
from tests.web_server import Reply, WebServer, web_server

YAML = """\
# read where the agent runs
systemPrompt: You are read from elsewhere.
greeting: Hello from elsewhere.
llm: { provider: openai-compatible, model: fake, apiKey: $MODEL_KEY, baseURL: "$MODEL_URL" }
"""


@pytest.fixture
def page() -> Iterator[WebServer]:
    with web_server({"/agent.yml": Reply(200, YAML.encode())}) as server:
        yield server


def test_every_target_reads_its_configuration_from_a_page(start: Start, page: WebServer) -> None:
    source = f"{page.url}/agent.yml"
    running = start(project(), AGENT_CONFIG_SOURCE=source, AGENT_CONFIG_SOURCE_TOKEN="key-of-the-page")
    caller = Caller(running.url)
    assert caller.get("/api/greeting")["greeting"] == "Hello from elsewhere."
    assert caller.say("hello")["response"] == "You said: hello"
    sent = {name.lower(): value for name, value in page.seen[0].headers.items()}
    assert sent["authorization"] == "Bearer key-of-the-page"
    events = [json.loads(line) for line in running.log.splitlines() if "data_source.read" in line]
    assert (events[0]["source"], events[0]["uri"]) == ("http", source)
    assert events[0]["outcome"].startswith("sha256:")
    assert "key-of-the-page" not in running.log


@pytest.mark.parametrize("text", [YAML, json.dumps(agent(greeting="Hello from elsewhere."))], ids=["yaml", "json"])
@pytest.mark.parametrize("form", ["{}", "file://{}"], ids=["path", "uri"])
def test_a_file_serves_as_well(text: str, form: str, tmp_path: Path, model_url: str) -> None:
    place = tmp_path / "agent.yml"
    place.write_text(text)
    with _nodejs(project(), tmp_path, model_url, form.format(place)) as running:
        assert Caller(running.url).get("/api/greeting")["greeting"] == "Hello from elsewhere."


def test_a_folder_of_a_bucket_holds_each_agents_configuration(tmp_path: Path, model_url: str) -> None:
    store = _store()
    for name in ("one", "two"):
        store.put(f"{tmp_path.name}/agents/{name}.yml", YAML.replace("elsewhere", name).encode())
    both = Project({"one": agent(), "two": agent()})
    source = f"s3://{os.environ['S3_BUCKET']}/{tmp_path.name}/agents/"
    with _nodejs(both, tmp_path, model_url, source, **_s3()) as running:
        assert Caller(running.url).get("/api/greeting")["greeting"] == "Hello from one."
        assert Caller(running.url, "/agents/two").get("/api/greeting")["greeting"] == "Hello from two."
    assert running.log.count("data_source.read") == 2


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "there is no file to read"),
        ("systemPrompt: [", "is no configuration"),
        ("- a list", "it is no mapping"),
        ("systemPrompt: You are.\n", "its llm names no provider and model"),
        (f"{YAML}\ntools: ['${{{{dexto.agent_dir}}}}/x']\n", "has no meaning there"),
    ],
)
def test_a_source_that_cannot_serve_is_said_and_ends_the_agent(
    text: str | None, why: str, tmp_path: Path, model_url: str
) -> None:
    place = tmp_path / "agent.yml"
    if text is not None:
        place.write_text(text)
    variables = {"MODEL_URL": model_url, "MODEL_KEY": "key", "AGENT_CONFIG_SOURCE": str(place)}
    pack(Wish(written(project(), tmp_path / "project"), Target.NODEJS, tmp_path / "bundle"))
    running = _Ending([], tmp_path, variables)
    assert running.process.wait(timeout=20) == 1
    last = json.loads(running.log.splitlines()[-1])
    assert last["code"] == ("config_source_unreadable" if text is None else "config_source_invalid")
    assert why in last["message"] and "    at " not in running.log


class _Ending(Built):
    """One that does not get as far as answering."""

    def start(self) -> None:
        self.launch({"PORT": str(free_port())})


@contextmanager
def _nodejs(one: Project, folder: Path, model_url: str, source: str, **more: str) -> Iterator[Running]:
    variables = {"MODEL_URL": model_url, "MODEL_KEY": "key", "AGENT_CONFIG_SOURCE": source, **more}
    running = build(Target.NODEJS, one, folder, variables)
    try:
        yield running
    finally:
        close_all()
        running.stop()


def _s3() -> dict[str, str]:
    """As the variables of a deployment have them."""
    return {
        "S3_ENDPOINT_URL": os.environ["S3_ENDPOINT_URL"],
        "AWS_ACCESS_KEY_ID": os.environ["S3_ACCESS_KEY_ID"],
        "AWS_SECRET_ACCESS_KEY": os.environ["S3_SECRET_ACCESS_KEY"],
    }


def _store() -> S3Store:
    store = S3Store(
        os.environ["S3_BUCKET"],
        os.environ["S3_ACCESS_KEY_ID"],
        os.environ["S3_SECRET_ACCESS_KEY"],
        os.environ["S3_ENDPOINT_URL"],
    )
    store.ensure_bucket()
    return store
