"""What the documents name is there: files, links, commands, targets of make."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer
from click import Context
from dexto_cloud.command import app
from dexto_cloud.command_reference import reference

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
_PATH = re.compile(r"`((?:[a-z_]+/)+(?:[a-z_]+\.(?:py|mjs))?)`")
_LINK = re.compile(r"\]\(([^)#:]+)\)")
_COMMAND = re.compile(r"dexto-cloud ([a-z-]+)(?: ([a-z]+))?")
_TARGET = re.compile(r"`make ([a-z-]+)")
_BASES = (ROOT, ROOT / "platform", ROOT / "runtime/src")


def _found(pattern: re.Pattern[str]) -> list[tuple[Path, str]]:
    return [(path, found[0]) for path in DOCUMENTS for found in pattern.finditer(path.read_text())]


def test_every_file_that_is_named_exists() -> None:
    named = {text[1:-1] for _path, text in _found(_PATH)} - {".data/", "logs/"}
    assert named
    assert not [one for one in named if not any((base / one).exists() for base in _BASES)]


def test_every_link_leads_somewhere() -> None:
    targets = [(path, found[1]) for path in DOCUMENTS for found in _LINK.finditer(path.read_text())]
    assert targets
    assert not [(path.name, link) for path, link in targets if not (path.parent / link).exists()]


def test_every_target_of_make_exists() -> None:
    made = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {found[6:] for _path, found in _found(_TARGET)} <= made


@pytest.mark.parametrize("document", ["README.md", "docs/production.md"])
def test_every_command_exists(document: str) -> None:
    top = typer.main.get_command(app)
    context = Context(top)
    for name, word in _COMMAND.findall((ROOT / document).read_text()):
        command = top.get_command(context, name)
        assert command is not None, name
        if hasattr(command, "list_commands"):
            assert word in command.list_commands(context), f"{name} {word}"


def test_the_reference_of_the_command_is_the_code_s() -> None:
    """`make cli-reference` writes it anew."""
    assert (ROOT / "docs/cli.md").read_text() == reference()
