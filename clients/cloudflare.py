"""Cloudflare's API: its envelope, its codes in words, and what a token reaches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import httpx

from clients.vendor_api import Refusal, VendorApi, VendorRefusedError, bounded, heeding
from core.errors import PlatformError, UserError

API: Final = "https://api.cloudflare.com/client/v4"
_NAME: Final = "Cloudflare"
#: The Worker is not there: of the account, and of a dispatch namespace.
MISSING: Final = frozenset({"10007", "10090", "10092"})


@dataclass(frozen=True, slots=True)
class Known:
    """A code of Cloudflare's that the person can be told more about than it says."""

    code: str
    lead: str
    next_step: str


_NO_TOKEN: Final = Known("credential_refused", "The token is none", "Enter another one on the team's Accounts page.")
_KNOWN: Final[Mapping[str, Known]] = {
    "6003": _NO_TOKEN,
    "6111": _NO_TOKEN,
    "10021": Known(
        "release_unhealthy", "The Worker does not start", "Correct what the sentence names, and push again."
    ),
    "10027": Known(
        "bundle_over_limit", "The Worker is too large for the account's plan", "Do without a large package."
    ),
    "10037": Known("vendor_quota", "The account may have no more Workers", "Delete one there, or raise its plan."),
    "10042": Known(
        "vendor_quota", "The account has no R2", "Enable R2 in Cloudflare's dashboard; its free tier serves."
    ),
    "10057": Known(
        "destination_config_invalid",
        "A binding that `keeps` names is not at the Worker",
        "Bind it there in Cloudflare's dashboard, or take it out of the destination's config.",
    ),
    "10075": Known("vendor_quota", "The account's plan is too small", "Take the Workers Paid plan."),
    "10215": Known("version_gone", "The version is not there", "Redeploy the commit instead."),
    "100117": Known(
        "vendor_refused", "The hostname has DNS records already", "Delete its records in the zone, then add it again."
    ),
}


@dataclass(frozen=True, slots=True)
class Cloudflare:
    """Asks with one API token. `check` is asked while it waits, and may raise to end that."""

    token: str = field(repr=False)
    base_url: str = API
    check: Callable[[], None] = lambda: None

    def heeding(self, check: Callable[[], None]) -> Cloudflare:
        return replace(self, check=check)

    def ask(self, method: str, path: str, **request: Any) -> Any:
        """The `result`. `request` as for VendorApi. Raises VendorRefusedError, and UserError for a code in words."""
        try:
            return _content(self._api.ask(method, path, **request)).get("result")
        except VendorRefusedError as error:
            raise in_words(error) from error

    def found(self, path: str, **request: Any) -> Any:
        """The `result` of a GET, None where there is no such thing."""
        try:
            answer = self._api.ask("GET", path, accept=frozenset({404}), **request)
        except VendorRefusedError as error:
            if error.refusal.code in MISSING:
                return None
            raise in_words(error) from error
        return None if answer.status_code == 404 else _content(answer).get("result")

    def every(self, path: str, **params: object) -> list[Any]:
        """A listing that is numbered by pages."""
        found: list[Any] = []
        for page in range(1, 101):
            answer = _content(self._api.ask("GET", path, params={**params, "page": page, "per_page": 50}))
            found += answer.get("result") or []
            info = answer.get("result_info") or {}
            if page >= (info.get("total_pages") or -(-(info.get("total_count") or 0) // 50)):
                return found
        raise PlatformError("vendor_failed", f"{_NAME} lists without an end.", "")

    def gone(self, path: str, **request: Any) -> None:
        """Deletes; without an effect where there is nothing."""
        try:
            self._api.ask("DELETE", path, accept=frozenset({404}), **request)
        except VendorRefusedError as error:
            if error.refusal.code not in MISSING:
                raise in_words(error) from error

    @property
    def _api(self) -> VendorApi:
        headers = {"Authorization": f"Bearer {self.token}"}
        return VendorApi(_NAME, self.base_url, headers, _refusal, heeding(self.check))


def in_words(error: VendorRefusedError) -> UserError:
    """What the person can do about it, where Cloudflare's code says so."""
    known = _KNOWN.get(error.refusal.code)
    if known is None:
        return error
    said = f"{known.lead}: {error.refusal.sentence}"
    return UserError(known.code, f"{_NAME} says: {said} ({error.refusal.code})", known.next_step)


def _content(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = answer.json()
    except ValueError as error:
        raise PlatformError("vendor_failed", f"{_NAME} answered something that is no JSON.", "") from error
    return found


def _refusal(answer: httpx.Response) -> Refusal:
    try:
        first = (answer.json().get("errors") or [{}])[0]
    except (ValueError, AttributeError, IndexError):
        first = {}
    sentence = bounded(first.get("message") or answer.reason_phrase)
    return Refusal(answer.status_code, str(first.get("code") or ""), sentence)
