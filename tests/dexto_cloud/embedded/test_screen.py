"""What `up` and `demo` show, on a terminal, in a pipe, and for programs."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from typing import Final

import pytest
from dexto_cloud.embedded.data_directory import ROOT

_SCRIPT: Final = """
from dexto_cloud.embedded.screen import JsonScreen, Screen
from dexto_cloud.embedded.up import Ready, Starting
from dexto_cloud.embedded.welcome import Welcome

screen = {kind}()
screen.report(Starting("a-long-name"))
screen.report(Starting("another-name"))
screen.report(Ready("a-long-name", 1.25))
screen.step("it is live", seconds=2)
screen.welcome(Welcome("http://here", "http://here/sign-in", "token"))
"""


def _environment(**more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}", "TERM": "xterm", **more}


def _on_terminal(**more: str) -> str:
    ours, theirs = pty.openpty()
    argv = [sys.executable, "-c", _SCRIPT.format(kind="Screen")]
    with subprocess.Popen(argv, stdout=theirs, env=_environment(COLUMNS="20", **more)):
        os.close(theirs)
        said = b""
        try:
            while more_said := os.read(ours, 4096):
                said += more_said
        except OSError:  # how Linux says that nobody holds the other end any more
            pass
    os.close(ours)
    return said.decode()


def _in_a_pipe(kind: str) -> str:
    argv = [sys.executable, "-c", _SCRIPT.format(kind=kind)]
    return subprocess.run(argv, env=_environment(), capture_output=True, text=True, check=True).stdout


def test_what_is_waited_for_never_needs_a_second_line() -> None:
    said = _on_terminal()
    assert "… a-long-name, anot\x1b[0m" in said
    assert "\x1b[32m✓\x1b[0m a-long-name is ready" in said


def test_who_wants_no_colors_gets_none() -> None:
    said = _on_terminal(NO_COLOR="1")
    assert "\r\x1b[K✓ a-long-name is ready 1.2 s" in said
    assert "\x1b[3" not in said and "\x1b[0m" not in said


@pytest.mark.parametrize("said", [lambda: _on_terminal(TERM="dumb"), lambda: _in_a_pipe("Screen")])
def test_where_nothing_can_be_written_anew_there_are_only_lines(said: object) -> None:
    text = said()  # type: ignore[operator]
    assert "\x1b" not in text and "…" not in text
    assert text.splitlines()[0] == "✓ a-long-name is ready 1.2 s"


def test_programs_get_an_object_in_each_line() -> None:
    told = [json.loads(line) for line in _in_a_pipe("JsonScreen").splitlines()]
    assert [one["event"] for one in told] == ["starting", "starting", "ready", "step", "up"]
    assert told[-1] == {"event": "up", "url": "http://here", "sign_in_url": "http://here/sign-in"}
