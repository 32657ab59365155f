"""For programs: every command that tells something tells it as JSON too."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from dexto_cloud import command as root  # noqa: F401  it adds its own to the app

from bench.installation import PROGRAM, Installation
from cli.exits import Exit
from cli.main import complete
from tests.cli.process import read, run, typed


def _commands(command: Any, words: str = "") -> Iterator[tuple[str, Any]]:
    for name, one in getattr(command, "commands", {}).items():
        if not one.hidden:
            yield f"{words} {name}".strip(), one
            yield from _commands(one, f"{words} {name}".strip())


def test_every_command_has_json() -> None:
    known = {
        words: any("--json" in one.opts for one in command.params)
        for words, command in _commands(typer.main.get_command(complete()))
        if not hasattr(command, "commands")
    }
    assert [words for words, has_json in known.items() if not has_json] == []


def _said(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.stdout.strip() == ""
    found: dict[str, Any] = json.loads(done.stderr.splitlines()[-1])
    return found


@pytest.mark.parametrize(
    ("arguments", "ends", "code"),
    [
        (("open", "nowhere"), Exit.FAILED, "not_found"),
        (("sign-in", "nobody"), Exit.FAILED, "person_unknown"),
        (("delete", "nothing00"), Exit.FAILED, "not_confirmed"),
        (("explain", "nothing"), Exit.USAGE, "command_mistyped"),
        (("opne", "nowhere"), Exit.USAGE, "command_mistyped"),
        (("open",), Exit.USAGE, "command_mistyped"),
        (("open", "nowhere", "--odd"), Exit.USAGE, "command_mistyped"),
    ],
)
def test_an_error_is_one_document_in_the_last_line(
    installed: Installation, arguments: tuple[str, ...], ends: Exit, code: str
) -> None:
    kept = str(installed.data / "environment.json")
    known = {"DEXTO_URL": installed.url, "DEXTO_TOKEN": installed.token, "DEXTO_ENVIRONMENT_FILE": kept}
    done = typed(*arguments, "--json", **known)
    said = _said(done)
    assert (done.returncode, said["code"]) == (ends, code)
    assert said["message"] and said["hint"]
    assert {"file", "line", "column"} < set(said)


def test_without_an_installation_an_error_is_a_document_too(tmp_path: Path) -> None:
    nothing = {"DEXTO_DATA_DIR": str(tmp_path / "data"), "HOME": str(tmp_path)}
    for arguments, ends, code in [
        (("ls",), Exit.FAILED, "not_connected"),
        (("up", "--data", "/dev/null/x"), Exit.FAILED, "data_directory_unusable"),
        (("sign-in",), Exit.FAILED, "not_connected"),
        (("node",), Exit.FAILED, "not_connected"),
        (("edge",), Exit.FAILED, "setting_missing"),
    ]:
        done = typed(*arguments, "--json", **nothing)
        assert (done.returncode, _said(done)["code"]) == (ends, code), done
    away = typed("ls", "--json", DEXTO_URL="http://127.0.0.1:9", DEXTO_TOKEN="x", **nothing)
    assert (away.returncode, _said(away)["code"]) == (Exit.PLATFORM, "not_reachable")


def test_a_database_that_is_away_is_said(tmp_path: Path) -> None:
    kept = tmp_path / "environment.json"
    kept.write_text(json.dumps({"DEXTO_DEBUG": "1", "DATABASE_URL": "postgres://nobody@127.0.0.1:9/none"}))
    done = typed("sign-in", "--json", DEXTO_ENVIRONMENT_FILE=str(kept))
    assert (done.returncode, _said(done)["code"]) == (Exit.PLATFORM, "database_away")


def test_a_project_with_errors_is_one_document_with_all_of_them(installed: Installation, tmp_path: Path) -> None:
    read(installed, "project", "create", "json-invalid")
    (tmp_path / "agent.yml").write_text("llm: {provider: nobody}\nodd: 1\n")
    done = run(installed, "deploy", "--project", "json-invalid", "--folder", str(tmp_path), "--json")
    said = _said(done)
    assert done.returncode == Exit.FAILED
    assert (said["code"], said["file"]) == (said["findings"][0]["code"], "agent.yml")
    assert len(said["findings"]) > 1


def test_the_edge_says_where_it_serves(tmp_path: Path) -> None:
    settings = {"DEXTO_PUBLIC_URL": "http://localhost:8400", "DEXTO_BASE_DOMAIN": "localhost"}
    places = {"DEXTO_EDGE_DIR": str(tmp_path / "edge"), "DEXTO_RUN_DIR": str(tmp_path), "DEXTO_TLS_AUTHORITY": "none"}
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "DEXTO_EDGE_HTTP_PORT": "0"}
    with subprocess.Popen(
        [PROGRAM, "edge", "--json"],
        env={**environment, **settings, **places},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as edge:
        assert edge.stdout is not None
        said = json.loads(edge.stdout.readline())
        edge.terminate()
    assert (said["event"], said["listen"]) == ("starting", ":0")
    assert Path(said["configuration"]).exists()


@pytest.mark.parametrize("is_plain", [True, False])
def test_variables_are_one_document_each(installed: Installation, tmp_path: Path, is_plain: bool) -> None:
    project = f"json-{'plain' if is_plain else 'secret'}"
    plain = ["--plain"] if is_plain else []
    (tmp_path / ".env").write_text("OTHER=words\n")
    assert read(installed, "project", "create", project)["slug"] == project
    saved = {"names": ["NAME"], "environment": "production"}
    assert read(installed, "env", "add", project, "NAME", *plain, stdin="a value") == saved
    assert read(installed, "env", "import", project, ".env", *plain, folder=tmp_path)["names"] == ["OTHER"]
    pulled = read(installed, "env", "pull", project, "--env", "production")
    assert {one["name"]: one["value"] for one in pulled} == (
        {"NAME": "a value", "OTHER": "words"} if is_plain else {"NAME": None, "OTHER": None}
    )
    assert read(installed, "env", "rm", project, "NAME") == saved


def test_what_needs_no_installation_answers_as_one_document(tmp_path: Path) -> None:
    for arguments, name in [
        (("explain", "not_connected"), "code"),
        (("schema",), "properties"),
        (("completion", "bash"), "script"),
        (("logout",), "forgotten"),
    ]:
        done = typed(*arguments, "--json", folder=tmp_path)
        assert done.returncode == 0, done.stderr
        assert name in json.loads(done.stdout)


def test_what_the_server_s_operator_asks_for_is_one_document(installed: Installation) -> None:
    known = {"DEXTO_ENVIRONMENT_FILE": str(installed.data / "environment.json")}
    data = ("--data", str(installed.data))
    for arguments, name in [
        (("sign-in",), "sign_in_url"),
        (("user", "add", "grace", "--team", "graces"), "sign_in_url"),
        (("token", "create", "laptop", "--user", "grace"), "token"),
        (("sweep",), "rows"),
    ]:
        done = typed(*arguments, "--json", **known)
        assert done.returncode == 0, done.stderr
        assert name in json.loads(done.stdout), arguments
    listed = typed("keys", "list", "--json", *data)
    assert [one["is_first"] for one in json.loads(listed.stdout)] == [True], listed.stderr
