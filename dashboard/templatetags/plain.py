"""How the pages say times, durations and our own sentences."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"))
_CODE: Final = re.compile(r"`([^`]+)`")


@register.filter
def ago(moment: datetime) -> SafeString:
    """Such as 3 min ago, with the moment itself on hover; the page's script says it in the reader's zone."""
    exact = f"{moment:%Y-%m-%d %H:%M:%S} UTC"
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact, _words(moment))


@register.filter
def local(moment: datetime, only: str = "") -> SafeString:
    """The moment itself in UTC, which the page's script says in the reader's zone; "clock" leaves out the day."""
    words = _moment(moment, only)
    return format_html('<time datetime="{}" data-local="{}">{}</time>', moment.isoformat(), only or "day", words)


@register.filter
def utc(moment: datetime, only: str = "") -> str:
    """The same within a title or a label, where no element can be."""
    return f"{_moment(moment, only)} UTC"


@register.filter
def tells(moment: datetime, only: str = "") -> SafeString:
    """Attributes of an element whose title or label holds a moment as `utc` says it, for the page's script."""
    said = 'data-utc="{}" data-at="{}" data-shows="{}"'
    return format_html(said, utc(moment, only), moment.isoformat(), only or "day")


def _moment(moment: datetime, only: str) -> str:
    return f"{moment:%H:%M}" if only == "clock" else f"{moment:%-d %b %H:%M}"


@register.filter
def listed(value: object) -> object:
    """A list as words with commas; anything else as it is."""
    return ", ".join(map(str, value)) if isinstance(value, list) else value


@register.filter
def took(step: object) -> str:
    """How long something with `started_at` and `finished_at` took, or has taken so far: "120 ms", "3.4 s", "2 min"."""
    began: datetime | None = getattr(step, "started_at", None)
    if began is None:
        return ""
    ended: datetime = getattr(step, "finished_at", None) or timezone.now()
    return duration((ended - began).total_seconds())


@register.filter
def said(sentence: str) -> SafeString:
    """One of our sentences: escaped, with what stands in `backticks` as code."""
    parts = _CODE.split(sentence)
    return mark_safe("".join(str(_part(text, index)) for index, text in enumerate(parts)))  # noqa: S308  # each is escaped


def _part(text: str, index: int) -> SafeString:
    return format_html("<code>{}</code>" if index % 2 else "{}", text)


def _words(moment: datetime) -> str:
    seconds = (timezone.now() - moment).total_seconds()
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{int(seconds // size)} {unit} ago"
    return "just now"


def duration(seconds: float) -> str:
    """Such as "120 ms", "3.4 s", "2 min"."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.0f} min"
