"""For programs: every command that tells something tells it as JSON too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from dexto_cloud import command as root  # noqa: F401  it adds its own to the app

from bench.installation import Installation
from cli.main import complete
from tests.cli.process import read, typed

#: A show for a person, and two that become another program, whose output is its log.
_WITHOUT = {"demo", "node", "edge"}


def _commands(command: Any, words: str = "") -> Iterator[tuple[str, Any]]:
    for name, one in getattr(command, "commands", {}).items():
        if not one.hidden:
            yield f"{words} {name}".strip(), one
            yield from _commands(one, f"{words} {name}".strip())


def test_every_command_has_json_but_what_is_no_answer() -> None:
    known = {
        words: any("--json" in one.opts for one in command.params)
        for words, command in _commands(typer.main.get_command(complete()))
        if not hasattr(command, "commands")
    }
    assert {words for words, has_json in known.items() if not has_json} == _WITHOUT


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
