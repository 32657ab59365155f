"""`dexto-cloud validate`, `schema` and `explain` as a person and a CI job call them: a process, its output, its end."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.core.projects import FIXTURES, SMALLEST

COMMAND = str(Path(sys.executable).parent / "dexto-cloud")


def _run(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    argv = [COMMAND, *map(str, arguments)]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60, cwd=cwd)


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    (tmp_path / "agent.yml").write_text(SMALLEST + "promts: []\n")
    return tmp_path


def test_a_project_without_errors_ends_with_0() -> None:
    done = _run("validate", FIXTURES / "workspace")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.rstrip().endswith("ok: 1 info")


def test_a_project_with_errors_ends_with_1(broken: Path) -> None:
    done = _run("validate", broken)
    assert (done.returncode, done.stderr) == (1, "")
    assert "6 | promts: []\n    | ^\n" in done.stdout
    assert "\x1b[" not in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("validate", "/there/is/no/such/folder"),
        ("validate", ".", "--target", "mainframe"),
        ("validate", ".", "--nonsense"),
        ("schema", "nonsense"),
        ("explain", "stdio_mpc"),
        ("explain",),
    ],
)
def test_wrong_usage_ends_with_2_and_says_why(arguments: tuple[str, ...], broken: Path) -> None:
    done = _run(*arguments, cwd=broken)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr


def test_programs_get_json_and_nothing_else(broken: Path) -> None:
    done = _run("validate", broken, "--json", "--target", "cloudflare", "--target", "lambda")
    found = json.loads(done.stdout)
    assert done.returncode == 1
    assert list(found) == ["project", "findings", "required_env"]
    assert list(found["project"]) == ["root", "generation", "entry_agent", "agents"]
    assert list(found["findings"][0]) == [
        "severity",
        "code",
        "file",
        "line",
        "column",
        "message",
        "hint",
        "targets",
    ]
    assert found["required_env"] == [{"name": "OPENAI_API_KEY", "file": "agent.yml", "line": 5}]
    assert [one["targets"] for one in found["findings"] if one["code"] == "memory_storage"] == [["lambda"]]


def test_a_terminal_gets_colours_and_a_pipe_none(broken: Path) -> None:
    assert "\x1b[31merror" in _on_a_terminal("validate", str(broken))
    assert "\x1b[" not in _on_a_terminal("validate", str(broken), NO_COLOR="1")


def _on_a_terminal(*arguments: str, **environment: str) -> str:
    ours, theirs = pty.openpty()
    with subprocess.Popen([COMMAND, *arguments], stdout=theirs, stderr=theirs, env=os.environ | environment) as process:
        os.close(theirs)
        shown = b"".join(iter(lambda: _read(ours), b""))
        assert process.wait(timeout=60) == 1
    os.close(ours)
    return shown.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4_096)
    except OSError:
        # Linux says so when the other side has closed.
        return b""


def test_a_file_of_any_name_is_an_agent_when_one_asks_for_it(tmp_path: Path) -> None:
    (tmp_path / "helper.yaml").write_text(SMALLEST)
    done = _run("validate", "helper.yaml", "--json", cwd=tmp_path)
    found = json.loads(done.stdout)
    assert done.returncode == 0
    assert found["project"]["entry_agent"] == "helper.yaml"
    assert found["findings"] == []


def test_a_file_that_leads_elsewhere_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "helper.yml").symlink_to("/etc/hostname")
    found = json.loads(_run("validate", "helper.yml", "--json", cwd=tmp_path).stdout)
    assert {"file_not_found", "symlink_outside"} <= {one["code"] for one in found["findings"]}


def test_what_lies_beside_the_project_is_not_its_concern(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "agent.yml").write_text(SMALLEST)
    (tmp_path / "elsewhere").symlink_to("/nowhere")
    found = json.loads(_run("validate", tmp_path, "--root", "app", "--json").stdout)
    assert found["findings"] == []


def test_the_schema_is_for_an_editor() -> None:
    assert json.loads(_run("schema").stdout)["title"] == "agent.yml: an agent"
    assert json.loads(_run("schema", "deployment").stdout)["required"] == ["deployments"]


def test_a_code_is_explained() -> None:
    done = _run("explain", "stdio_mcp")
    assert done.returncode == 0
    assert done.stdout.startswith("stdio_mcp: An MCP server is a program to start\n")
    assert _run("explain", "stdio_mpc").stderr == "There is no code stdio_mpc. Did you mean stdio_mcp?\n"


def test_a_name_that_is_no_text_does_not_break_the_output(tmp_path: Path) -> None:
    (tmp_path / "agent.yml").write_text(SMALLEST)
    (tmp_path / os.fsdecode(b"\xff.md")).symlink_to("/nowhere")
    for arguments in ((), ("--json",)):
        done = _run("validate", tmp_path, *arguments)
        assert (done.returncode, done.stderr) == (0, "")
