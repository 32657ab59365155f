"""What every runner promises, for every target, with the bundle really running."""

from __future__ import annotations

import signal
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from core.targets import Target
from deployments.runners import RUNNERS
from tests.deployments.runners.conftest import Running
from tests.web_server import Reply, Seen, web_server

ALL = pytest.mark.parametrize("target", list(Target))


def test_there_is_a_runner_for_each_target() -> None:
    assert set(RUNNERS) == set(Target)


@ALL
def test_a_request_comes_as_it_was_sent_and_so_does_the_answer(target: Target, running: Running) -> None:
    with running(target) as agent:
        answer = agent.client.post(
            "/any/path?a=1&b=%20two", content="grüße", headers={"Content-Type": "text/plain", "Cookie": "k=v; l=w"}
        )
        assert (answer.status_code, answer.text) == (201, "grüße")
        assert answer.headers["x-query"] == "?a=1&b=%20two"
        assert answer.headers["x-cookie"] == "k=v; l=w"
        binary = agent.client.post("/", content=bytes(range(256)), headers={"Content-Type": "image/png"})
        assert binary.content == bytes(range(256))
        assert agent.client.get("/").json()["target"] == target.value
        assert agent.client.get("/").headers.get_list("set-cookie") == ["a=1", "b=2"]


@ALL
def test_a_response_streams_while_it_is_made(target: Target, running: Running) -> None:
    with running(target) as agent, agent.client.stream("GET", "/stream?events=3") as answer:
        assert answer.headers["content-type"] == "text/event-stream"
        came = [(time.monotonic(), chunk) for chunk in answer.iter_text()]
    assert "".join(chunk for _at, chunk in came).count("data: ") == 3
    assert came[-1][0] - came[0][0] > 0.3


@ALL
def test_texts_of_the_bundle_are_read(target: Target, running: Running) -> None:
    with running(target) as agent:
        [about] = agent.client.get("/").json()["agents"]
        uri = about["config"]["prompts"][0]["file"]
        assert agent.client.get("/resource", params={"uri": uri}).text == "# Hello\nSay hello to $1.\n"


@ALL
def test_variables_are_there_and_the_machines_are_not(
    target: Target, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OF_THE_MACHINE", "secret")
    with running(target, {"ODD": 'quo"te\n$x \\ ü'}) as agent:
        assert agent.client.get("/variable?name=ODD").json() == {"value": 'quo"te\n$x \\ ü'}
        assert agent.client.get("/variable?name=OF_THE_MACHINE").json() == {}


@ALL
def test_values_of_variables_are_written_to_no_file(target: Target, running: Running) -> None:
    with running(target, {"TOKEN": "s3cret-value"}) as agent:
        agent.client.get("/")
        kept = [path for path in agent.state.rglob("*") if path.is_file()]
        assert not [path for path in kept if b"s3cret-value" in path.read_bytes()]
        assert "s3cret-value" not in Path(f"/proc/{agent.process.pid}/cmdline").read_text()


@ALL
def test_an_agent_may_call_a_model_on_this_machine(target: Target, running: Running) -> None:
    with web_server({"/v1": Reply(200, b"hello")}) as model, running(target, {"MODEL_URL": f"{model.url}/v1"}) as agent:
        assert agent.client.get("/model").text == "hello"


@ALL
def test_many_requests_at_once_are_answered(target: Target, running: Running) -> None:
    with running(target) as agent, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: agent.client.post("/", content=str(number)).text, range(40)))
    assert answers == [str(number) for number in range(40)]


@ALL
def test_what_is_in_flight_is_answered_before_it_ends(target: Target, running: Running) -> None:
    come, go_on = Event(), Event()

    def slowly(_seen: Seen) -> Reply:
        come.set()
        go_on.wait(10)
        return Reply(200, b"slowly")

    with web_server({"/v1": slowly}) as model, running(target, {"MODEL_URL": f"{model.url}/v1"}) as agent:
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(agent.client.get, "/model")
            assert come.wait(10)
            agent.process.terminate()
            go_on.set()
            assert answer.result().text == "slowly"
        agent.client.close()
        assert agent.process.wait(timeout=10) in (0, -signal.SIGTERM)


def test_templates_in_texts_mean_the_folder_of_the_project_s_files(
    running: Running, bundles: Mapping[Target, Path]
) -> None:
    with running(Target.NODEJS) as agent:
        [about] = agent.client.get("/").json()["agents"]
    told = about["config"]["systemPrompt"]["contributors"][1]["content"]
    assert told == f"Files are in {bundles[Target.NODEJS].resolve()}/project/data, costs are $5."
