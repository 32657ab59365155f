"""Heroku's Platform API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from clients.vendor_api import Refusal, VendorApi, VendorRefusedError, bounded
from core.errors import UserError

ADDRESS: Final = "https://api.heroku.com"
_MISSING: Final = frozenset({404})
_QUOTA_CODES: Final = frozenset({"verification_required", "delinquent", "payment_required"})
_QUOTA_WORDS: Final = ("reached the limit", "reached your limit", "exceeds the limit", "quota")
_LIMIT: Final = "Raise the account's limit at Heroku, or delete there what is not needed."
_LOG_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class App:
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class HerokuRelease:
    """`output` is where its release phase can be read. `slug` is "" before the first."""

    id: str
    version: int
    status: str
    slug: str
    description: str
    is_current: bool
    output: str


@dataclass(frozen=True, slots=True)
class HerokuDomain:
    hostname: str
    target: str
    state: str


@dataclass(frozen=True, slots=True)
class Heroku:
    """`plain` asks addresses that are signed already, and would refuse a header of ours."""

    api: VendorApi
    plain: VendorApi = field(repr=False)

    def account(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._json("GET", "/account")
        return found

    def app(self, name: str) -> App | None:
        answer = self.api.ask("GET", f"/apps/{name}", accept=_MISSING)
        return None if answer.status_code in _MISSING else _app(answer.json())

    def create_app(self, name: str, *, region: str, stack: str, team: str = "") -> App:
        wish = {"name": name, "region": region, "stack": stack}
        if team:
            return _app(self._json("POST", "/teams/apps", {**wish, "team": team}))
        return _app(self._json("POST", "/apps", wish))

    def delete_app(self, name: str) -> None:
        self.api.ask("DELETE", f"/apps/{name}", accept=_MISSING)

    def variables(self, app: str) -> dict[str, str] | None:
        """None where there is no such app."""
        answer = self.api.ask("GET", f"/apps/{app}/config-vars", accept=_MISSING)
        return None if answer.status_code in _MISSING else dict(answer.json())

    def set_variables(self, app: str, changes: Mapping[str, str | None]) -> None:
        """None takes one away. It is a release of its own, with the code as it was."""
        self.api.ask("PATCH", f"/apps/{app}/config-vars", json=dict(changes), repeatable=True)

    def create_slug(self, app: str, processes: Mapping[str, str], *, stack: str, sha256: str, commit: str) -> Slug:
        wish = {"process_types": dict(processes), "stack": stack, "checksum": f"SHA256:{sha256}"}
        made = self._json("POST", f"/apps/{app}/slugs", {**wish, **({"commit": commit} if commit else {})})
        return Slug(made["id"], made["blob"]["url"])

    def upload_slug(self, slug: Slug, content: bytes) -> None:
        self.plain.ask("PUT", slug.upload_url, content=content)

    def create_release(self, app: str, slug: str, description: str) -> HerokuRelease:
        return _release(self._json("POST", f"/apps/{app}/releases", {"slug": slug, "description": description}))

    def roll_back(self, app: str, release: str) -> HerokuRelease:
        return _release(self._json("POST", f"/apps/{app}/releases", {"release": release}))

    def release(self, app: str, release: str) -> HerokuRelease:
        return _release(self._json("GET", f"/apps/{app}/releases/{release}"))

    def releases(self, app: str, number: int) -> list[HerokuRelease]:
        """The newest first."""
        headers = {"Range": f"version ..; order=desc,max={number}"}
        return [_release(one) for one in self.api.ask("GET", f"/apps/{app}/releases", headers=headers).json()]

    def output(self, release: HerokuRelease) -> str:
        """What the release phase said, "" where nobody kept it."""
        if not release.output:
            return ""
        answer = self.plain.ask("GET", release.output, accept=_MISSING)
        return "" if answer.status_code in _MISSING else answer.text

    def scale(self, app: str, size: str) -> None:
        update = {"type": "web", "quantity": 1, "dyno_size": {"name": size}}
        self.api.ask("PATCH", f"/apps/{app}/formation", json={"updates": [update]}, repeatable=True)

    def manage_certificates(self, app: str) -> None:
        self.api.ask("POST", f"/apps/{app}/acm", repeatable=True)

    def domain(self, app: str, hostname: str) -> HerokuDomain | None:
        answer = self.api.ask("GET", f"/apps/{app}/domains/{hostname}", accept=_MISSING)
        return None if answer.status_code in _MISSING else _domain(answer.json())

    def add_domain(self, app: str, hostname: str) -> HerokuDomain:
        wish = {"hostname": hostname, "sni_endpoint": None}
        return _domain(self._json("POST", f"/apps/{app}/domains", wish))

    def remove_domain(self, app: str, hostname: str) -> None:
        self.api.ask("DELETE", f"/apps/{app}/domains/{hostname}", accept=_MISSING)

    def log_lines(self, app: str, number: int) -> Iterator[str]:
        """The last lines, and those that come, until Heroku ends the session."""
        session = self._json("POST", f"/apps/{app}/log-sessions", {"tail": True, "lines": number, "source": "app"})
        with httpx.stream("GET", session["logplex_url"], timeout=_LOG_SECONDS) as answer:
            yield from answer.iter_lines()

    def _json(self, method: str, path: str, body: object = None) -> Any:
        request: dict[str, Any] = {} if body is None else {"json": body}
        return self.api.ask(method, path, **request).json()


@dataclass(frozen=True, slots=True)
class Slug:
    id: str
    upload_url: str = field(repr=False)


def heroku(token: str, *, api: str = "", **options: Any) -> Heroku:
    """`options` are VendorApi's."""
    headers = {"Accept": "application/vnd.heroku+json; version=3", "Authorization": f"Bearer {token}"}
    main = VendorApi("Heroku", api or ADDRESS, headers, _refusal, **options)
    return Heroku(main, VendorApi("Heroku", api or ADDRESS, {}, _refusal, timeout_seconds=600.0, **options))


def said_better(error: UserError) -> UserError:
    """A limit of the account has a status of its own only where it is one of money."""
    if not isinstance(error, VendorRefusedError) or error.code != "vendor_refused":
        return error
    words, code = error.refusal.sentence.lower(), error.refusal.code
    if code in _QUOTA_CODES or any(word in words for word in _QUOTA_WORDS):
        return VendorRefusedError("Heroku", error.refusal, "vendor_quota", _LIMIT)
    return error


def _refusal(answer: httpx.Response) -> Refusal:
    try:
        content = answer.json()
    except ValueError:
        return Refusal(answer.status_code, "", bounded(answer.text))
    found = content if isinstance(content, dict) else {}
    return Refusal(answer.status_code, str(found.get("id", "")), bounded(found.get("message", "")))


def _app(found: Mapping[str, Any]) -> App:
    return App(found["name"], found["web_url"].rstrip("/"))


def _release(found: Mapping[str, Any]) -> HerokuRelease:
    return HerokuRelease(
        id=found["id"],
        version=found["version"],
        status=found["status"],
        slug=(found["slug"] or {}).get("id", ""),
        description=found["description"] or "",
        is_current=found["current"],
        output=found.get("output_stream_url") or "",
    )


def _domain(found: Mapping[str, Any]) -> HerokuDomain:
    return HerokuDomain(found["hostname"], found["cname"] or "", found["acm_status"] or found["status"] or "")
