"""A message to people: the same for every channel, which then writes it as it must be written there.

Branches, commit messages and authors are strangers' words. Here they become single lines of bounded length, without
anything that steers a terminal or turns text around; each channel escapes what means something to it.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from deployments.notifying.events import EVENTS, Event, Tone

_LISTED: Final = 10
_TITLE: Final = 150
_LINE: Final = 300
#: Control characters, what formats unseen (text direction, zero widths), surrogates, line and paragraph separators.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Line:
    """One line, and where it leads. Addresses are always our own."""

    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    title: str
    url: str
    lines: tuple[Line, ...]
    tone: Tone


@dataclass(frozen=True, slots=True)
class Told:
    """One event as it was snapshotted."""

    event: Event
    facts: Mapping[str, Any]


def message_of(told: Sequence[Told], *, link: str) -> Message:
    """Of one event it says what there is to say, of several how many there were; `link` leads to all of them."""
    return _single(told[0]) if len(told) == 1 else _digest(told, link)


def one_line(text: str, longest: int = _LINE) -> str:
    shown = "".join(" " if unicodedata.category(one) in _UNSEEN else one for one in text[: longest * 4])
    words = " ".join(shown.split())
    return words if len(words) <= longest else f"{words[: longest - 1]}…"


def _single(told: Told) -> Message:
    facts = told.facts
    title = one_line(str(facts["summary"]), _TITLE)
    return Message(title, str(facts["url"]), tuple(_details(facts)), EVENTS[told.event].tone)


def _details(facts: Mapping[str, Any]) -> Iterable[Line]:
    if error := facts.get("error"):
        yield Line(one_line(f"{error['message']} {error['hint']}"))
    if deployment := facts.get("deployment"):
        headline = str(deployment["message"]).partition("\n")[0]
        author = f" by {deployment['author']}" if deployment["author"] else ""
        yield Line(one_line(f"{str(deployment['commit'])[:7]} {headline}{author}"))
        if deployment["address"] and not facts.get("error"):
            yield Line(str(deployment["address"]), str(deployment["address"]))
    if facts.get("actor"):
        yield Line(one_line(f"By {facts['actor']}."))


def _digest(told: Sequence[Told], link: str) -> Message:
    counted = Counter((one.event, str(one.facts["project"] or "")) for one in told)
    heads = [
        f"{count} {_several(event, count)}{f' in {project}' if project else ''}"
        for (event, project), count in counted.most_common()
    ]
    tones = {EVENTS[one.event].tone for one in told}
    worst = next(tone for tone in (Tone.BAD, Tone.ASKING, Tone.GOOD, Tone.PLAIN) if tone in tones)
    lines = [Line(one_line(str(one.facts["summary"])), str(one.facts["url"])) for one in told[:_LISTED]]
    more = [Line(f"and {len(told) - _LISTED} more", link)] if len(told) > _LISTED else []
    return Message(one_line("; ".join(heads), _TITLE), link, (*lines, *more), worst)


def _several(event: Event, count: int) -> str:
    """Heads of digests count: "12 deployments failed", and beside them "1 × Live"."""
    return EVENTS[event].several if count > 1 else f"× {EVENTS[event].name.lower()}"
