"""Stack traces: in the log of a nodejs agent, in the words of the project's own files; to a client never."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from core.targets import Target
from tests.runtime.built import Built, build
from tests.runtime.projects import Project, agent
from tests.runtime.targets import wait_until

CARELESS = """
interface Spoken { text: string }

function rejected(): never {
  throw new Error("left behind");
}

export default {
  beforeLLMRequest({ text }: Spoken) {
    if (text === "reject") void Promise.resolve().then(rejected);
    if (text === "throw") setTimeout(rejected, 0);
    return { ok: true };
  },
};
"""


@pytest.fixture
def running(tmp_path: Path, model_url: str) -> Built:
    module = "file:///project/plugins/careless.ts"
    plugins = {"custom": [{"name": "careless", "module": module, "blocking": False, "priority": 1}]}
    one = Project({"main": agent(plugins=plugins)}, modules={module: CARELESS})
    return build(Target.NODEJS, one, tmp_path, {"MODEL_URL": model_url, "MODEL_KEY": "key"})


@pytest.mark.parametrize("text", ["reject", "throw"])
def test_what_a_plugin_leaves_behind_is_said_with_its_own_lines(text: str, running: Built) -> None:
    try:
        body = {"content": text, "sessionId": "one"}
        answer = httpx.post(f"{running.url}/api/message", json=body, trust_env=False)
        wait_until(lambda: "left behind" in running.log, "nothing was said")
        assert re.search(r"left behind\\n    at [^(\\]+\(project/plugins/careless\.ts:5:", running.log), running.log
        assert "index.mjs:" not in running.log
        assert "careless" not in answer.text
        assert len(running.log) < 4_000
    finally:
        running.stop()
