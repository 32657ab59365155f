"""The ignored-build command, over real repositories: 0 skips, and everything else builds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from builds.confined import Confined
from builds.runner.director import build
from builds.runner.ignoring import Ignore
from builds.sandbox.contract import Limits
from builds.sandboxes import build_sandbox
from core.errors import CancelledError
from tests import factories
from tests.builds.runner.test_director import Kept, spec
from tests.git import commit, repository
from tests.progress import Said

CHANGED = 'git diff --quiet "$DEXTO_DEPLOYED_COMMIT" HEAD -- agents'


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    folder = repository(tmp_path / "origin")
    factories.write_agent(folder)
    return folder


class Asking:
    """A project with a command, in this machine's sandbox."""

    def __init__(self, place: Path, origin: Path) -> None:
        self.place, self.origin = place, origin
        self.said = Said()

    def skips(self, command: str, sha: str, *, seconds: float = 30, root: str = "", deployed: str = "") -> bool:
        ignore = Ignore(command, seconds, {"DEXTO_COMMIT": sha, "DEXTO_DEPLOYED_COMMIT": deployed})
        wanted = spec(self.place, self.origin, sha, ignore=ignore, root=root)
        confined = replace(wanted, sandbox=Confined(build_sandbox().sandbox, Limits()))
        result = build(confined, Kept().stores(lambda _tree, _fetched: "a bundle of before"), self.said)
        assert bool(result.skipped) is (result.reused is None)
        return bool(result.skipped)


@pytest.fixture
def asking(tmp_path: Path, origin: Path) -> Asking:
    return Asking(tmp_path / "a", origin)


@pytest.mark.parametrize(
    ("command", "skips"),
    [
        ("true", True),
        ("test -f agent.yml && test ! -e .git", True),
        ('test "$(git rev-parse HEAD)" = "$DEXTO_COMMIT"', True),
        ("node -e 'process.exit(0)'", True),
        ("echo no >> agent.yml", True),
        ("false", False),
        ("exit 2", False),
        ("kill -9 $$", False),
        ("no-such-program", False),
        ("(", False),
    ],
)
def test_zero_skips_and_anything_else_builds(asking: Asking, origin: Path, command: str, skips: bool) -> None:
    assert asking.skips(command, commit(origin)) is skips


def test_it_is_asked_what_changed_since_the_last_deployed_commit(asking: Asking, origin: Path) -> None:
    first = commit(origin)
    factories.write_agent(origin, README_dot_md="new")
    second = commit(origin)
    assert asking.skips(CHANGED, second, deployed=first) is True
    (origin / "agents").mkdir()
    (origin / "agents/a.md").write_text("new")
    assert asking.skips(CHANGED, commit(origin), deployed=first) is False
    assert asking.skips(CHANGED, second, deployed="") is False


def test_it_starts_in_the_project_s_folder(asking: Asking, origin: Path) -> None:
    factories.write_agent(origin / "shop")
    sha = commit(origin)
    assert asking.skips("test -f agent.yml && test $(basename $PWD) = shop", sha, root="shop") is True
    assert asking.skips("git diff --quiet HEAD -- .", sha, root="shop") is True


def test_one_that_takes_too_long_is_ended_and_the_commit_is_built(asking: Asking, origin: Path) -> None:
    assert asking.skips("sleep 60", commit(origin), seconds=0.5) is False
    assert any("It took longer than 0.5 s" in line for line in asking.said.lines)


def test_what_it_says_is_in_the_log(asking: Asking, origin: Path) -> None:
    asking.skips("echo to stdout; echo to stderr >&2; exit 1", commit(origin))
    assert {"to stdout", "to stderr", "It ended with 1: it is built."} <= set(asking.said.lines)


def test_it_is_kept_in_as_every_stranger_s_program_is(asking: Asking, origin: Path) -> None:
    """Neither the mirror nor anything of this machine's is its to change."""
    sha = commit(origin)
    reached = asking.place / "reached"
    asking.skips(f"touch {reached} {asking.place}/mirror.git/reached; exit 1", sha)
    assert not build_sandbox().is_confined or not reached.exists()
    assert not build_sandbox().is_confined or not (asking.place / "mirror.git" / "reached").exists()


def test_cancelled_while_it_is_asked_it_is_cancelled(tmp_path: Path, origin: Path) -> None:
    class Impatient(Said):
        def check(self) -> None:
            if self.steps[-1:] == ["ask"]:
                raise CancelledError("cancelled", "This was cancelled.", "Push again.")

    wanted = spec(tmp_path / "a", origin, commit(origin), ignore=Ignore("sleep 60", 60))
    with pytest.raises(CancelledError):
        build(wanted, Kept().stores(), Impatient())
