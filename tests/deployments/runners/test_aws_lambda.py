"""Lambda on this machine: events as a Function URL sends them, processes that come and go."""

from __future__ import annotations

import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from core.targets import Target
from tests.deployments.runners.conftest import Running, wait_until
from tests.web_server import Reply, Seen, web_server


def _processes(service: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{service}/task/{service}/children").read_text().split()]


def test_an_event_is_that_of_a_function_url(running: Running) -> None:
    with running(Target.LAMBDA) as agent:
        headers = {"Cookie": "a=1; b=2", "Content-Type": "application/json", "X-Twice": "one"}
        found = agent.client.post("/event?x=1&x=2&y=", json={"hello": "you"}, headers=headers).json()
    event = found["event"]
    assert (event["version"], event["routeKey"], event["rawPath"]) == ("2.0", "$default", "/event")
    assert event["rawQueryString"] == "x=1&x=2&y="
    assert event["queryStringParameters"] == {"x": "1,2", "y": ""}
    assert event["cookies"] == ["a=1", "b=2"]
    assert "cookie" not in event["headers"]
    assert (json.loads(event["body"]), event["isBase64Encoded"]) == ({"hello": "you"}, False)
    assert event["requestContext"]["http"]["method"] == "POST"
    assert event["requestContext"]["requestId"] == found["request"]
    assert 0 < found["left"] <= 900_000


def test_bytes_come_as_base64(running: Running) -> None:
    with running(Target.LAMBDA) as agent:
        event = agent.client.put("/event", content=b"\x00\xff", headers={"Content-Type": "image/png"}).json()["event"]
    assert (event["body"], event["isBase64Encoded"]) == ("AP8=", True)


def test_a_handler_that_fails_is_a_502_without_its_stack(running: Running) -> None:
    with running(Target.LAMBDA) as agent:
        answer = agent.client.get("/fail")
        assert (answer.status_code, answer.json()) == (502, {"Message": "Internal Server Error"})
        assert "on purpose" in agent.log.read_text()
        assert agent.client.get("/health").status_code == 200


def test_a_body_of_more_than_six_megabytes_is_refused(running: Running) -> None:
    with running(Target.LAMBDA) as agent:
        assert agent.client.post("/", content=b"x" * (6 * 1024 * 1024 + 1)).status_code == 413


def test_a_process_handles_one_event_at_a_time(running: Running) -> None:
    together = Barrier(3)

    def meet(_seen: Seen) -> Reply:
        together.wait(10)
        return Reply(200, b"met")

    with web_server({"/v1": meet}) as model, running(Target.LAMBDA, {"MODEL_URL": f"{model.url}/v1"}) as agent:
        with ThreadPoolExecutor(3) as pool:
            answers = list(pool.map(lambda _: agent.client.get("/model").text, range(3)))
        assert answers == ["met"] * 3
        assert len(_processes(agent.process.pid)) == 3


def test_a_process_that_dies_fails_its_event_and_the_next_one_is_answered(running: Running) -> None:
    def kill(_seen: Seen) -> Reply:
        for process in _processes(agent.process.pid):
            os.kill(process, signal.SIGKILL)
        return Reply(200, b"too late")

    with web_server({"/v1": kill}) as model, running(Target.LAMBDA, {"MODEL_URL": f"{model.url}/v1"}) as agent:
        assert agent.client.get("/model").status_code == 502
        assert agent.client.get("/health").text == "OK"


def test_the_runtime_api_is_not_in_front(running: Running) -> None:
    with running(Target.LAMBDA) as agent:
        assert agent.client.get("/2018-06-01/runtime/invocation/next").json()["target"] == "lambda"


def test_nothing_is_left_when_the_service_is_killed(running: Running) -> None:
    with running(Target.LAMBDA) as agent:
        processes = _processes(agent.process.pid)
        assert processes
        os.kill(agent.process.pid, signal.SIGKILL)
        wait_until(lambda: not any(Path(f"/proc/{process}/exe").exists() for process in processes))
