"""The documents of this software, read and rendered once a process: `docs/`, README.md, and every code explained."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from posixpath import normpath
from typing import Final

from django.conf import settings
from django.urls import reverse

from core.codes import ERRORS, FINDINGS, Explanation
from dashboard.markdown import Heading, Passage, Rendered, render

ERROR_CODES: Final = "errors"
_README: Final = "readme"
#: In the order in which they are shown. Decisions are all of their folder; what nobody names here is a how-to.
_GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "Start": ("quick-start", _README),
    "Concepts": ("concepts", "architecture"),
    "How-to": (
        *("targets/nodejs", "targets/cloudflare", "targets/lambda", "targets/vercel"),
        *("destinations", "credentials", "adapters"),
    ),
    "Reference": ("cli", "api", ERROR_CODES, "runtime", "stores", "websocket", "aws", "vercel"),
    "Operating": ("operating", "production"),
}
_HOW_TO: Final = "How-to"
_DECISIONS: Final = "Decisions"
_PICTURES: Final = {".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp"}
_MARKS: Final = re.compile(r"(`[^`]*`)|([\\*_\[\]<>#|])")
_SHOWN_AROUND: Final = 80
_AT_MOST: Final = 40


@dataclass(frozen=True, slots=True)
class Document:
    slug: str
    title: str
    lead: str
    rendered: Rendered

    @property
    def url(self) -> str:
        return reverse("document", args=[self.slug])

    @property
    def contents(self) -> tuple[Heading, ...]:
        """What the page lists of itself; nothing where it is short."""
        parts = tuple(one for one in self.rendered.headings if one.level == 2)
        return parts if len(parts) > 2 else ()


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    path: Path
    content_type: str


@dataclass(frozen=True, slots=True)
class Hit:
    """Where words were found: the part of a document, and the text around the first of them."""

    document: Document
    heading: Heading
    before: str
    word: str
    after: str

    @property
    def url(self) -> str:
        return f"{self.document.url}#{self.heading.anchor}"


@dataclass(frozen=True, slots=True)
class Library:
    groups: tuple[Group, ...]
    pictures: Mapping[str, Picture]

    @property
    def documents(self) -> Iterator[Document]:
        return (one for group in self.groups for one in group.documents)

    def document(self, slug: str) -> Document | None:
        return next((one for one in self.documents if one.slug == slug), None)

    def search(self, words: str) -> list[Hit]:
        """All of the words in one passage and its headings; what has them in a heading comes first."""
        wanted = [re.compile(re.escape(word), re.IGNORECASE) for word in words.split()]
        if not wanted:
            return []
        by_heading = (hit for one in self.documents for hit in _in_headings(one, wanted))
        by_text = (hit for one in self.documents for hit in _in_passages(one, wanted))
        found = {hit.url: hit for hit in islice(by_text, _AT_MOST)}
        return list(({hit.url: hit for hit in islice(by_heading, _AT_MOST)} | found).values())[:_AT_MOST]


@cache
def library() -> Library:
    texts = dict(_texts())
    folder = settings.DOCS_DIR / "pictures"
    pictures = {path.name: Picture(path, _PICTURES[path.suffix]) for path in _files(folder) if path.suffix in _PICTURES}
    shelf = _Shelf(frozenset(texts), frozenset(pictures))
    documents = {slug: shelf.document(slug, text) for slug, text in texts.items()}
    return Library(tuple(_grouped(documents)), pictures)


def _texts() -> Iterator[tuple[str, str]]:
    readme: Path = settings.DOCS_DIR.parent / "README.md"
    if readme.exists():
        yield _README, readme.read_text()
    for path in sorted(settings.DOCS_DIR.rglob("*.md")):
        yield path.relative_to(settings.DOCS_DIR).with_suffix("").as_posix(), path.read_text()
    yield ERROR_CODES, _codes()


def _files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


@dataclass(frozen=True, slots=True)
class _Shelf:
    """What documents may lead to."""

    slugs: frozenset[str]
    pictures: frozenset[str]

    def document(self, slug: str, text: str) -> Document:
        rendered = render(text, address=lambda path: self._address(slug, path))
        title = next((one.text for one in rendered.headings if one.level == 1), slug)
        lead = next((one.text for one in rendered.passages), "")
        return Document(slug, title, lead.partition(". ")[0].rstrip(".:"), rendered)

    def _address(self, slug: str, path: str) -> str | None:
        """`path` as the document of this slug calls it, in the repository. Folders are parts of the overview."""
        here = "" if slug == _README else f"docs/{slug}".rpartition("/")[0]
        there = normpath(f"{here}/{path}").lstrip("/")
        name = there.removeprefix("docs/")
        if there == "README.md":
            return reverse("document", args=[_README])
        if there.startswith("docs/pictures/") and name.removeprefix("pictures/") in self.pictures:
            return reverse("document-picture", args=[name.removeprefix("pictures/")])
        if there.startswith("docs/") and name.endswith(".md") and name[:-3] in self.slugs:
            return reverse("document", args=[name[:-3]])
        return {
            "docs": reverse("documents"),
            "docs/decisions": f"{reverse('documents')}#{_DECISIONS.lower()}",
            "docs/openapi.json": reverse("api-docs"),
        }.get(there)


def _grouped(documents: Mapping[str, Document]) -> Iterator[Group]:
    decisions = [slug for slug in documents if slug.startswith("decisions/")]
    placed = {slug for slugs in _GROUPS.values() for slug in slugs} | set(decisions)
    others = [slug for slug in documents if slug not in placed]
    for name, slugs in _GROUPS.items():
        wanted = [*slugs, *(others if name == _HOW_TO else ())]
        yield Group(name, tuple(documents[slug] for slug in wanted if slug in documents))
    yield Group(_DECISIONS, tuple(documents[slug] for slug in decisions))


def _codes() -> str:
    """Each code that `dexto-cloud explain` knows, as a document."""
    tables = (
        (str(table.__doc__).removeprefix("Codes ").partition(" ")[2].partition(":")[0].rstrip("."), table.CODES)
        for table in (*FINDINGS, *ERRORS)
    )
    parts = (f"## {subject[:1].upper()}{subject[1:]}\n\n{_explained(codes)}" for subject, codes in tables)
    return "\n\n".join(
        ("# Error codes", "What each code of a finding or an error means, as `dexto-cloud explain` says it.", *parts)
    )


def _explained(codes: Iterable[Explanation]) -> str:
    return "\n\n".join(
        f"### {one.code}\n\n**{_escaped(one.title)}.** {_escaped(one.explanation)}\n\n{_escaped(one.next_step)}"
        for one in codes
    )


def _escaped(sentence: str) -> str:
    """Only what stands in `backticks` means something in our sentences."""
    return _MARKS.sub(lambda found: found[1] or f"\\{found[2]}", sentence)


def _in_headings(document: Document, wanted: list[re.Pattern[str]]) -> Iterator[Hit]:
    for one in document.rendered.headings:
        if all(word.search(f"{document.title} {one.text}") for word in wanted) and wanted[0].search(one.text):
            yield Hit(document, one, *_around(one.text, wanted[0]))


def _in_passages(document: Document, wanted: list[re.Pattern[str]]) -> Iterator[Hit]:
    for one in document.rendered.passages:
        if first := _first(document, one, wanted):
            yield Hit(document, one.heading, *_around(one.text, first))


def _first(document: Document, passage: Passage, wanted: list[re.Pattern[str]]) -> re.Pattern[str] | None:
    """Of the words the one that the passage itself has; None unless all are there, or in what it stands under."""
    everything = f"{document.title} {passage.heading.text} {passage.text}"
    fits = all(word.search(everything) for word in wanted)
    return next((word for word in wanted if word.search(passage.text)), None) if fits else None


def _around(text: str, word: re.Pattern[str]) -> tuple[str, str, str]:
    found = word.search(text)
    if found is None:
        return text, "", ""
    begin, end = max(0, found.start() - _SHOWN_AROUND), found.end() + _SHOWN_AROUND
    before = text[begin : found.start()]
    return ("…" if begin else "") + before, found[0], text[found.end() : end] + ("…" if end < len(text) else "")
