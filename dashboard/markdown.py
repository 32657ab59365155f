"""The Markdown of our documents as HTML: headings that can be linked to, and what there is to search.

Raw HTML is shown as it is written, never put into the page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

#: From what a document calls another file to where this dashboard has it; None where it has not.
Address = Callable[[str], str | None]

_ELSEWHERE: Final = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)
_NOT_IN_ANCHORS: Final = re.compile(r"[^\w\- ]")


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph, a cell or a block of code, and the heading that it stands under."""

    heading: Heading
    text: str


@dataclass(frozen=True, slots=True)
class Rendered:
    html: SafeString
    headings: tuple[Heading, ...]
    passages: tuple[Passage, ...]


def render(text: str, *, address: Address) -> Rendered:
    tokens = _PARSER.parse(text)
    headings = tuple(_name_headings(tokens))
    for token in tokens:
        for child in token.children or ():
            _lead(child, address)
    html = _PARSER.renderer.render(tokens, _PARSER.options, {})
    return Rendered(mark_safe(html), headings, tuple(_passages(tokens, headings)))  # noqa: S308  # raw HTML is off


def _name_headings(tokens: Sequence[Token]) -> Iterator[Heading]:
    """As GitHub names them, so that a link works on both."""
    seen: Counter[str] = Counter()
    for token, inline in pairwise(tokens):
        if token.type == "heading_open":
            text = _plain(inline)
            anchor = _NOT_IN_ANCHORS.sub("", text.lower()).replace(" ", "-")
            seen[anchor] += 1
            anchor += f"-{seen[anchor] - 1}" if seen[anchor] > 1 else ""
            token.attrSet("id", anchor)
            yield Heading(int(token.tag[1:]), text, anchor)


def _lead(token: Token, address: Address) -> None:
    """A link to another file becomes one of the dashboard; one to nowhere is none."""
    name = {"link_open": "href", "image": "src"}.get(token.type)
    if name is None or _ELSEWHERE.match(written := str(token.attrGet(name))) or written.startswith("#"):
        return
    path, mark, fragment = written.partition("#")
    found = address(path)
    if found is None:
        del token.attrs[name]
    else:
        token.attrSet(name, f"{found}{mark}{fragment}")


def _passages(tokens: Sequence[Token], headings: Sequence[Heading]) -> Iterator[Passage]:
    coming = iter(headings)
    heading = Heading(1, "", "")
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type == "heading_open":
            heading = next(coming)
        elif token.type in {"fence", "code_block"}:
            yield Passage(heading, token.content)
        elif token.type == "inline" and before is not None and before.type != "heading_open":
            yield Passage(heading, _plain(token))


def _plain(inline: Token) -> str:
    breaks = {"softbreak", "hardbreak"}
    return "".join(" " if one.type in breaks else one.content for one in inline.children or ())


def _code(_renderer: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    """It can be scrolled with the keyboard."""
    return format_html('<pre tabindex="0"><code>{}</code></pre>\n', tokens[index].content)


def _table_open(*_of_the_renderer: Any) -> str:
    return '<div class="wide" tabindex="0" role="region" aria-label="Table"><table class="table">\n'


def _table_close(*_of_the_renderer: Any) -> str:
    return "</table></div>\n"


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.add_render_rule("fence", _code)
    parser.add_render_rule("code_block", _code)
    parser.add_render_rule("table_open", _table_open)
    parser.add_render_rule("table_close", _table_close)
    return parser


_PARSER: Final = _parser()
