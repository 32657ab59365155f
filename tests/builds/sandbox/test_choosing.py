"""Which sandbox is taken, and what is said where there is none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from builds.sandbox import cgroups
from builds.sandbox.backend import Machine
from builds.sandbox.cgroups import MemoryControl
from builds.sandbox.choosing import BACKENDS, choose, survey
from builds.sandbox.contract import Backend, Sandbox, Specification
from core.errors import PlatformError
from tests.builds.sandbox.conftest import SMALL

REPOSITORY = Path(__file__).resolve().parents[3]
ASK = f"""
import sys
sys.path.insert(0, {str(REPOSITORY)!r})
from pathlib import Path
from builds.sandbox.backend import Machine
from builds.sandbox.choosing import choose
from core.errors import PlatformError
machine = Machine(Path("slots").resolve())
try:
    print(choose(machine).sentence)
except PlatformError as error:
    print(error.code, error.sentence, error.next_step)
print(choose(machine, may_be_bare=True).sentence)
"""


@pytest.fixture
def machine(base: Path) -> Machine:
    return Machine(base / "sandbox", cgroups.find())


def test_every_backend_is_registered() -> None:
    assert set(BACKENDS) == set(Backend)


def test_bubblewrap_is_taken_where_it_works(machine: Machine) -> None:
    choice = choose(machine)
    assert choice.is_confined
    assert choice.sandbox.backend is Backend.BUBBLEWRAP
    assert choice.memory.value in choice.sentence


def test_the_way_in_which_memory_is_bounded_is_said(base: Path) -> None:
    assert choose(Machine(base / "sandbox")).memory is MemoryControl.WATCHED


def test_a_survey_says_of_each_backend_whether_it_works(machine: Machine) -> None:
    found = survey(machine)
    assert all(one.sandbox is not None or (one.reason and one.next_step) for one in found.values())


def test_limits_alone_are_taken_only_where_they_may_be(machine: Machine) -> None:
    with pytest.raises(PlatformError) as caught:
        choose(machine, wanted=Backend.NONE)
    assert caught.value.code == "sandbox_missing"
    assert "DEXTO_INSECURE_BUILDS=1" in caught.value.next_step
    choice = choose(machine, wanted=Backend.NONE, may_be_bare=True)
    assert not choice.is_confined
    assert "resource limits alone" in choice.sentence


def test_a_missing_program_is_named_with_its_package(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(PlatformError) as caught:
        choose(machine, wanted=Backend.BUBBLEWRAP)
    assert "bubblewrap is not installed" in caught.value.sentence
    assert "apt-get install bubblewrap" in caught.value.next_step


def test_blocked_namespaces_are_named_where_they_are_blocked(tmp_path: Path) -> None:
    """Asked in a namespace that allows no other, as a container does."""
    place = ("--unshare-user", "--uid", "1000", "--disable-userns", "--dev-bind", "/", "/", "--chdir", str(tmp_path))
    done = subprocess.run(["bwrap", *place, sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    refused, bare = done.stdout.splitlines()
    assert refused.startswith("sandbox_missing")
    assert "User namespaces are blocked here" in refused
    assert "unprivileged_userns_clone" in refused
    assert "resource limits alone" in bare


@pytest.mark.parametrize("folder_of", ["own", "parent"])
def test_version_2_of_control_groups_is_found_where_memory_is_handed_on(tmp_path: Path, folder_of: str) -> None:
    """Its files are plain ones here: this kernel hands memory to version 1 or to nobody."""
    own = tmp_path / "system.slice/dexto.service/main"
    own.mkdir(parents=True)
    (own / "cgroup.subtree_control").write_text("")
    parent = own if folder_of == "own" else own.parent
    (parent / "cgroup.subtree_control").write_text("cpu memory pids\n")
    candidates = list(cgroups.candidates("0::/system.slice/dexto.service/main\n", tmp_path))
    assert [(one.parent, one.control) for one in candidates] == [(parent, MemoryControl.CGROUP_V2)]


def test_version_2_bounds_memory_and_swap(tmp_path: Path) -> None:
    group = cgroups.ControlGroups(tmp_path, MemoryControl.CGROUP_V2).make(1_000_000)
    assert (group.path / "memory.max").read_text() == "1000000"
    assert (group.path / "memory.swap.max").read_text() == "0"
    assert (group.path / "memory.oom.group").read_text() == "1"
    assert not group.killed()
    (group.path / "memory.events").write_text("low 0\nhigh 0\nmax 4\noom 1\noom_kill 1\n")
    assert group.killed()


def test_no_group_is_found_where_none_can_be_made(tmp_path: Path) -> None:
    assert cgroups.find("0::/\n4:memory:/none\n", tmp_path) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may choose users")
def test_sandboxes_at_one_time_have_different_users(sandbox: Sandbox, base: Path, folder: Path) -> None:
    seen: list[int] = []
    other = folder.with_name("other")
    other.mkdir()

    def during() -> None:
        if not seen:
            done = sandbox.run(Specification(("true",), other, SMALL), check=lambda: None)
            assert done.ok
            seen.append(other.stat().st_uid)

    assert sandbox.run(Specification(("sleep", "0.3"), folder, SMALL), check=during).ok
    assert seen[0] != folder.stat().st_uid
