"""For programs: every command that tells something tells it as JSON too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from dexto_cloud import command as root  # noqa: F401  it adds its own to the app

from bench.installation import Installation
from cli.main import app
from tests.cli.process import read

#: What runs until it is ended, what a person is asked by, and what prints one thing for a program already.
_WITHOUT = {
    *("up", "demo", "run", "node", "edge", "login", "logout", "completion", "schema", "explain"),
    *("sign-in", "user add", "token create", "sweep", "backup", "restore", "keys list", "keys rotate", "keys remove"),
}


def _commands(command: Any, words: str = "") -> Iterator[tuple[str, Any]]:
    for name, one in getattr(command, "commands", {}).items():
        if not one.hidden:
            yield f"{words} {name}".strip(), one
            yield from _commands(one, f"{words} {name}".strip())


def test_every_command_has_json_but_those_that_tell_nothing() -> None:
    known = {
        words: any("--json" in one.opts for one in command.params)
        for words, command in _commands(typer.main.get_command(app))
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
