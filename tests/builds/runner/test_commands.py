"""One command: its lines as they come, its end when the build must stop, nothing of the platform in its sight."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil
import pytest

from builds.runner.commands import Command, run
from core.errors import CancelledError, TimeLimitError


def nothing() -> None:
    """Go on."""


def python(text: str, seconds: float = 20, **values: str) -> Command:
    return Command([sys.executable, "-c", text], seconds, values)


def test_output_and_lines_are_kept_apart() -> None:
    lines: list[str] = []
    outcome = run(
        python("import sys; print('out'); print('one\\ntwo', file=sys.stderr); sys.exit(3)"),
        check=nothing,
        line=lines.append,
    )
    assert (outcome.exit_code, outcome.ok, outcome.output) == (3, False, b"out\n")
    assert lines == list(outcome.last_lines) == ["one", "two"]


def test_the_platform_s_environment_is_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    outcome = run(python("import os; print(sorted(os.environ))", GIVEN="1"), check=nothing)
    assert b"GIVEN" in outcome.output
    assert b"DATABASE_URL" not in outcome.output
    assert b"S3_SECRET" not in outcome.output


def test_what_is_fed_is_read() -> None:
    command = Command([sys.executable, "-c", "import sys; print(len(sys.stdin.read()))"], 20, stdin=b"x" * 200_000)
    assert run(command, check=nothing).output == b"200000\n"
    assert run(Command(["true"], 20, stdin=b"x" * 200_000), check=nothing).ok


def children(word: str) -> list[psutil.Process]:
    return [one for one in psutil.process_iter(["cmdline"]) if word in " ".join(one.info["cmdline"] or ())]


TREE = "import subprocess, sys; print('up', file=sys.stderr, flush=True); subprocess.run(['sleep', sys.argv[1]])"


def test_a_step_past_its_limit_is_ended_with_all_that_it_started() -> None:
    with pytest.raises(TimeLimitError) as caught:
        run(Command([sys.executable, "-c", TREE, "317.001"], 0.5), check=nothing)
    assert caught.value.code == "step_timed_out"
    assert str(Path(sys.executable).name) in caught.value.sentence
    assert not children("317.001")


def test_a_cancelled_build_ends_the_whole_tree() -> None:
    started: list[str] = []

    def check() -> None:
        if started and children("sleep 317.002"):
            raise CancelledError("cancelled", "Stopped.", "")

    with pytest.raises(CancelledError):
        run(Command([sys.executable, "-c", TREE, "317.002"], 30), check=check, line=started.append)
    assert not children("317.002")
