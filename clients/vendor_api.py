"""One way to ask a vendor's HTTP API: what is sent again, how long to wait, what each answer means for the person."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, Final

import httpx

from core.errors import PlatformError, UserError

#: What may be sent again although nobody knows whether it was done.
_REPEATABLE: Final = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
_BUSY: Final = 429
_TRIES: Final = 4
_LONGEST_WAIT_SECONDS: Final = 30.0
_LONGEST_WORDS: Final = 300
_HEED_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the vendor said: its own code and sentence, of the body of an answer that is no success."""

    status: int
    code: str
    sentence: str


class VendorRefusedError(UserError):
    """The vendor will not do it. `refusal` is what it said: an adapter that knows the code says it better."""

    def __init__(self, vendor: str, refusal: Refusal, code: str = "vendor_refused", next_step: str = "") -> None:
        word = f" ({refusal.code})" if refusal.code else ""
        super().__init__(code, f"{vendor} says: {refusal.sentence}{word}", next_step)
        self.refusal = refusal

    def __reduce__(self) -> Any:
        return UserError, (self.code, self.sentence, self.next_step)


class AnswerLostError(PlatformError):
    """It was sent, and nobody knows whether it was done: look before asking again."""


@dataclass(frozen=True, slots=True)
class VendorApi:
    """Asks below one base URL. `refusal_of` reads the vendor's shape of an error.

    A request that may come twice is sent again after a time-out, 5xx or 429; any other only when it certainly was not
    done: the connection failed, or the vendor said 429. `pause` waits, and may raise to end the waiting.
    """

    vendor: str
    base_url: str
    headers: Mapping[str, str] = field(repr=False)
    refusal_of: Callable[[httpx.Response], Refusal]
    pause: Callable[[float], None] = time.sleep
    timeout_seconds: float = 60.0

    def ask(
        self,
        method: str,
        path: str,
        *,
        repeatable: bool | None = None,
        accept: frozenset[int] = frozenset(),
        **request: Any,
    ) -> httpx.Response:
        """The answer, where it is a success or one of the statuses in `accept`. `request` are httpx's arguments; a path
        that begins with https:// or http:// is taken as it is. Raises VendorRefusedError, AnswerLostError and
        PlatformError.
        """
        again = method in _REPEATABLE if repeatable is None else repeatable
        url = path if path.startswith(("https://", "http://")) else f"{self.base_url}{path}"
        for attempt in range(_TRIES):
            answer = self._sent(method, url, request, may_repeat=again, is_last=attempt == _TRIES - 1)
            if answer is not None and (answer.is_success or answer.status_code in accept):
                return answer
            seconds = 2.0**attempt / 4 if answer is None else self._wait_of(answer, attempt, again=again)
            self.pause(seconds)
        raise self._busy()

    def pages(
        self, path: str, next_of: Callable[[httpx.Response], str | None], **request: Any
    ) -> Iterator[httpx.Response]:
        """Every page of a listing; the next one must be below the same base URL."""
        following: str | None = path
        while following is not None:
            answer = self.ask("GET", following, **request)
            yield answer
            following = next_of(answer)
            if following and following.startswith("http") and not following.startswith(self.base_url):
                raise PlatformError("vendor_failed", f"{self.vendor} named a next page that is not its own.", _AGAIN)

    def _sent(
        self, method: str, url: str, request: Mapping[str, Any], *, may_repeat: bool, is_last: bool
    ) -> httpx.Response | None:
        """None where it is to be sent again."""
        given = {**request, "headers": {**self.headers, **request.get("headers", {})}}
        try:
            with httpx.Client(timeout=self.timeout_seconds, verify=authorities()) as client:
                return client.request(method, url, **given)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            if is_last:
                raise PlatformError("vendor_failed", f"{self.vendor} cannot be reached.", _AGAIN) from error
        except httpx.TransportError as error:
            if not may_repeat:
                raise AnswerLostError("answer_lost", f"{self.vendor} did not answer.", _AGAIN) from error
            if is_last:
                raise PlatformError("vendor_failed", f"{self.vendor} does not answer.", _AGAIN) from error
        return None

    def _wait_of(self, answer: httpx.Response, attempt: int, *, again: bool) -> float:
        """How long before it is sent again. Raises where that would not help."""
        status = answer.status_code
        if status == _BUSY or (status >= 500 and again):
            seconds = retry_after_seconds(answer)
            if seconds is not None and seconds > _LONGEST_WAIT_SECONDS:
                raise self._busy(seconds)
            if attempt < _TRIES - 1:
                return seconds if seconds is not None else 2.0**attempt / 4
        raise self.error_of(answer)

    def error_of(self, answer: httpx.Response) -> UserError | PlatformError:
        """What an answer that is no success means."""
        refusal = self.refusal_of(answer)
        status = answer.status_code
        if status == _BUSY:
            return self._busy()
        if status >= 500:
            said = f"{self.vendor} failed with {status}: {refusal.sentence}" if refusal.sentence else ""
            return PlatformError("vendor_failed", said or f"{self.vendor} failed with {status}.", _AGAIN)
        if status in (401, 403):
            return VendorRefusedError(self.vendor, refusal, "credential_refused", _CREDENTIAL)
        if status == 402:
            return VendorRefusedError(self.vendor, refusal, "vendor_quota", _QUOTA)
        return VendorRefusedError(self.vendor, refusal)

    def _busy(self, seconds: float | None = None) -> PlatformError:
        when = f" It asks to wait {seconds:.0f} s." if seconds else ""
        return PlatformError("vendor_busy", f"{self.vendor} takes no more requests for now.{when}", _AGAIN)


def retry_after_seconds(answer: httpx.Response) -> float | None:
    """Of the header Retry-After, in either of its forms."""
    value = answer.headers.get("retry-after", "")
    if not value:
        return None
    if value.replace(".", "", 1).isdecimal():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def heeding(check: Callable[[], None]) -> Callable[[float], None]:
    """A pause that asks `check` at its start and every half second of it: a person who cancels is not made to wait."""

    def pause(seconds: float) -> None:
        deadline = time.monotonic() + seconds
        check()
        while (left := deadline - time.monotonic()) > 0:
            time.sleep(min(left, _HEED_SECONDS))
            check()

    return pause


def bounded(words: object) -> str:
    """A vendor's sentence, on one line and not too long."""
    text = " ".join(str(words).split())
    return text if len(text) <= _LONGEST_WORDS else f"{text[: _LONGEST_WORDS - 1]}…"


@cache
def authorities() -> ssl.SSLContext:
    """Reading them takes longer than most requests."""
    return ssl.create_default_context()


_AGAIN: Final = "Nothing to do: it is tried again. If it stays, look at the vendor's status page."
_CREDENTIAL: Final = "Check the account's credential on the team's Accounts page, and what it is allowed to do."
_QUOTA: Final = "Raise the plan's limit at the vendor, or delete there what is not needed."
