"""Posting to an address that a person named: never to where only the platform can go, and never further than there."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import SplitResult, urlsplit

import certifi
from django.conf import settings

from clients.addresses import AddressPolicy
from clients.guarded_http import Answer, Fetch, FetchError, GuardedHttp
from core.errors import UserError
from core.numbers import whole_number
from deployments.notifying.channels.contract import Outcome, Result

_SECONDS: Final = 10.0
_MAX_BYTES: Final = 64_000
_LONGEST: Final = 2_000
GONE: Final = frozenset({410})


def checked_url(text: str) -> str:
    """Raises UserError. Whether its host may be visited is seen when it is: a name can mean another machine by then."""
    url = text.strip()
    parts = _parts(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise UserError(
            "notification_address",
            "That is no address of a webhook.",
            "Paste the whole of it: https://… without a user.",
        )
    if parts.scheme == "http" and not settings.NOTIFY_NETWORKS:
        raise UserError(
            "notification_address",
            "Over http anybody on the way could read and change what is told.",
            "Use https://, or have the operator name your private network in DEXTO_NOTIFY_NETWORKS.",
        )
    return url


def shown_url(url: str) -> str:
    """Its host: who has the rest of a chat's address may write there."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/…"


def post(
    url: str,
    body: bytes,
    *,
    headers: Mapping[str, str],
    gone: frozenset[int] = GONE,
    refused: frozenset[int] = frozenset(),
) -> Outcome:
    """`gone` and `refused` are statuses after which nothing, or this message, will ever be taken."""
    request = Fetch(url, "POST", headers=headers, body=body, seconds=_SECONDS, max_bytes=_MAX_BYTES)
    try:
        answer = _fetched(request)
    except FetchError as error:
        return Outcome(Result.LATER if error.temporary else Result.REFUSED, f"Not delivered: {error.cause}.")
    return Outcome(_result(answer.status, gone, refused), _words(answer), answer.status, _after(answer))


def _result(status: int, gone: frozenset[int], refused: frozenset[int]) -> Result:
    """A redirect is not followed: it would take what is told to where nobody named."""
    if 200 <= status < 300:
        return Result.SENT
    if status in gone:
        return Result.GONE
    return Result.REFUSED if status in refused or 300 <= status < 400 else Result.LATER


def _words(answer: Answer) -> str:
    return answer.body[:1_000].decode("utf-8", "replace")


def _after(answer: Answer) -> int | None:
    """Whole seconds; fractions, as Discord sends them, are rounded up, and a date is not understood."""
    seconds = whole_number(answer.headers.get("retry-after", "").partition(".")[0])
    return None if seconds is None or seconds < 0 else seconds + 1


def _parts(url: str) -> SplitResult | None:
    """None for what is no URL in printable ASCII, or has a port that there is not."""
    if len(url) > _LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        return parts if parts.port is None or parts.port else None
    except ValueError:
        return None


def _fetched(request: Fetch) -> Answer:
    """By a connection of its own: receivers are many, and seldom asked. Raises FetchError."""
    policy = AddressPolicy(public_only=True, also=tuple(settings.NOTIFY_NETWORKS))
    with GuardedHttp(policy, connections=1, ssl_context=_certificates()) as http:
        return http.fetch(request)


@lru_cache(maxsize=1)
def _certificates() -> ssl.SSLContext:
    """Once for the process: reading those of the whole world takes longer than telling."""
    return ssl.create_default_context(cafile=certifi.where())
