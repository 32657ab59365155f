"""What the documents name is there: files, links and their anchors, pictures, commands with their options, endpoints,
targets of make."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from click import Command, Context
from dexto_cloud.command_reference import reference
from markdown_it import MarkdownIt

from cli.main import complete
from dashboard.library import library
from dashboard.markdown import Rendered, render

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
_PATH = re.compile(r"`((?:[a-z_]+/)+(?:[a-z_]+\.(?:py|mjs))?)`")
_LINK = re.compile(r"\]\(([^):]*)\)")
_COMMAND = re.compile(r"dexto-cloud ((?:[a-z][a-z-]*(?: +|$))+)([^`#|(),;]*)")
_OPTION = re.compile(r"--[a-z][a-z-]*")
_ENDPOINT = re.compile(r"`(GET|POST|PUT|PATCH|DELETE) (/[^` ?]+)")
_PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")
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
    assert not [(path.name, link) for path, link in targets if not _leads(path, link)]


def _leads(path: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = (path.parent / name).resolve() if name else path
    if not anchor:
        return target.exists()
    return target in DOCUMENTS and anchor in {one.anchor for one in _rendered(target).headings}


def _rendered(path: Path) -> Rendered:
    return render(path.read_text(), address=lambda _path: None)


def test_every_link_is_one_of_the_dashboard_s_as_well() -> None:
    """Only what is no document leads nowhere there."""
    pages = "".join(one.rendered.html for one in library().documents)
    assert re.findall(r"<a>.*?</a>", pages) == []
    assert not re.findall(r"<img(?![^>]*src=)", pages)


def test_every_picture_is_used_small_and_described() -> None:
    pictures = {path.name: path for path in (ROOT / "docs/pictures").iterdir()}
    used = {Path(found[2]).name for path in DOCUMENTS for found in _PICTURE.finditer(path.read_text()) if found[1]}
    assert used == set(pictures)
    sizes = {name: path.stat().st_size for name, path in pictures.items()}
    assert not [name for name, size in sizes.items() if size > (20_000 if name.endswith(".svg") else 150_000)]
    assert sum(sizes.values()) < 1_000_000


def test_every_target_of_make_exists() -> None:
    made = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {found[6:] for _path, found in _found(_TARGET)} <= made


def _commands(path: Path) -> Iterator[tuple[str, str]]:
    """The words of each command that a document shows as code, and what follows them."""
    for token in MarkdownIt("commonmark").enable("table").parse(path.read_text()):
        blocks = [token.content] if token.type in ("fence", "code_block") else []
        inline = [one.content for one in token.children or () if one.type == "code_inline"]
        for line in "\n".join([*blocks, *inline]).replace("\\\n", " ").splitlines():
            yield from _COMMAND.findall(line)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_every_command_exists_with_its_options(document: Path) -> None:
    for words, rest in _commands(document):
        command = _found_command(words.split())
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        assert set(_OPTION.findall(rest)) <= known | {"--help", "--install-completion"}, f"{words} {rest}"


def _found_command(words: list[str]) -> Command:
    """Down the groups; the words after a command are its arguments."""
    command: Command = typer.main.get_command(complete())
    context = Context(command)
    for word in words:
        if hasattr(command, "get_command"):
            below = command.get_command(context, word)
            assert below is not None, f"dexto-cloud {' '.join(words)}"
            command = below
    return command


def test_every_endpoint_exists() -> None:
    described = json.loads((ROOT / "docs/openapi.json").read_text())["paths"]
    known = {(method.upper(), _shape(path)) for path, methods in described.items() for method in methods}
    named = {(found[1], f"/api/v1{found[2].removeprefix('/api/v1')}") for path in DOCUMENTS for found in _of_api(path)}
    assert named
    assert {(method, _shape(path)) for method, path in named} <= known


def _of_api(path: Path) -> Iterator[re.Match[str]]:
    if path.stem in ("api", "credentials", "operating"):
        yield from _ENDPOINT.finditer(path.read_text())


def _shape(path: str) -> str:
    """With its parts left open: an example stands for any."""
    named = re.sub(r"<[^>]+>|\{[^}]+\}", "*", path)
    return re.sub(r"/(projects|deployments)/(?!\*)[^/]+|/logs/(?!\*)[^/]+", _left_open, named)


def _left_open(found: re.Match[str]) -> str:
    return f"{found[0].rpartition('/')[0]}/*"


def test_the_reference_of_the_command_is_the_code_s() -> None:
    """`make cli-reference` writes it anew."""
    assert (ROOT / "docs/cli.md").read_text() == reference()
