"""A folder that is linked to a project; how the command ends; and what a shell completes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from bench.installation import Installation
from cli.exits import Exit
from tests.cli.process import typed


def _run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return typed(*arguments, folder=folder, stdin="a value", **environment)


def test_a_linked_folder_needs_no_project_and_neither_do_those_below(installed: Installation, tmp_path: Path) -> None:
    known = {"DEXTO_URL": installed.url, "DEXTO_TOKEN": installed.token}
    below = tmp_path / "below"
    below.mkdir()
    assert _run(tmp_path, "project", "create", "linked", **known).returncode == Exit.OK
    assert _run(tmp_path, "env", "ls", **known).returncode == Exit.USAGE
    assert _run(tmp_path, "link", "nothing-here", **known).returncode == Exit.FAILED
    assert _run(tmp_path, "link", "linked", **known).returncode == Exit.OK
    assert installed.token not in (tmp_path / ".dexto-cloud.json").read_text()

    added = _run(below, "env", "add", "LINKED_NAME", "--plain", **known)
    assert added.returncode == Exit.OK, added.stderr
    named = _run(tmp_path.parent, "env", "ls", "linked", "--json", **known)
    assert [one["name"] for one in json.loads(named.stdout)] == ["LINKED_NAME"]
    assert _run(tmp_path, "env", "ls", "--json", **known).stdout == named.stdout

    elsewhere = _run(below, "env", "ls", **{**known, "DEXTO_URL": "http://127.0.0.1:9"})
    assert elsewhere.returncode == Exit.FAILED
    assert "[linked_elsewhere]" in elsewhere.stderr
    assert _run(tmp_path, "unlink", **known).returncode == Exit.OK
    assert _run(tmp_path, "env", "ls", **known).returncode == Exit.USAGE


def test_it_ends_as_is_written(tmp_path: Path) -> None:
    assert _run(tmp_path, "explain", "not_connected").returncode == Exit.OK
    assert _run(tmp_path, "whoami").returncode == Exit.FAILED
    assert _run(tmp_path, "explain").returncode == Exit.USAGE
    gone = {"DEXTO_URL": "http://127.0.0.1:9", "DEXTO_TOKEN": "of-nobody"}
    assert _run(tmp_path, "whoami", **gone).returncode == Exit.PLATFORM


def test_a_mistyped_command_is_answered_with_the_one_that_is_meant(tmp_path: Path) -> None:
    done = _run(tmp_path, "deplyo")
    assert done.returncode == Exit.USAGE
    assert "Did you mean" in done.stderr
    assert "'deploy'" in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_script(tmp_path: Path, shell: str) -> None:
    done = _run(tmp_path, "completion", shell)
    assert done.returncode == Exit.OK
    assert f"complete_{shell}" in done.stdout


def test_bash_completes_a_command(tmp_path: Path) -> None:
    asked = {"_DEXTO_CLOUD_COMPLETE": "complete_bash", "COMP_WORDS": "dexto-cloud rollb", "COMP_CWORD": "1"}
    assert _run(tmp_path, **asked).stdout.split() == ["rollback"]
