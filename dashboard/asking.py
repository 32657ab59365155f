"""What a page is asked with its address, as strangers write it; and how an error of theirs is said."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest

from core.errors import DextoError
from core.numbers import whole_number


def asked(request: HttpRequest, name: str, *, longest: int = 100) -> str:
    """A word of the query; "" where there is none."""
    return request.GET.get(name, "").replace("\0", "").strip()[:longest]


def page_before(request: HttpRequest) -> int | None:
    """The row before which a page of a list begins; None for its first page."""
    return whole_number(request.GET.get("before", ""))


def say(request: HttpRequest, error: DextoError) -> None:
    """On the page that comes next."""
    line = f"Line {error.line}: " if error.line else ""
    messages.error(request, f"{line}{error.sentence} {error.next_step}".strip())
