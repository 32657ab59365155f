"""The API of an installation, as the command speaks to it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from cli import meaning
from core.errors import DextoError, PlatformError, UserError

_WHERE: Final = "`dexto-cloud login URL` and DEXTO_URL name one"
_SIGN_IN: Final = "Sign in with `dexto-cloud login URL`, or set a DEXTO_TOKEN that is valid."


@dataclass(frozen=True, slots=True)
class Connection:
    """Where the installation is, and the token to speak with."""

    url: str
    token: str = field(repr=False)


def connection(environment: Mapping[str, str] = os.environ) -> Connection:
    """From DEXTO_URL and DEXTO_TOKEN, else from the file that `dexto-cloud up` or `login` wrote. Raises UserError."""
    url, token = environment.get("DEXTO_URL", ""), environment.get("DEXTO_TOKEN", "")
    if url and token:
        return Connection(url, token)
    path = next((one for one in _files(environment) if one.exists()), None)
    if path is None:
        raise UserError(
            "not_connected",
            "No installation is known here.",
            "Sign in with `dexto-cloud login URL`, start one with `dexto-cloud up`, or set DEXTO_URL and DEXTO_TOKEN.",
        )
    kept = _kept(path)
    # One installation's token is not another's to see.
    if url and not token and url.rstrip("/") != kept.url.rstrip("/"):
        raise UserError(
            "not_connected",
            f"DEXTO_URL is {url}, and you are signed in at {kept.url}.",
            "Sign in there with `dexto-cloud login URL`, or set DEXTO_TOKEN as well.",
        )
    return Connection(url or kept.url, token or kept.token)


def _kept(path: Path) -> Connection:
    try:
        found = json.loads(path.read_text())
        return Connection(str(found["url"]), str(found["token"]))
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            "not_connected", f"{path} does not say where the installation is.", "Sign in anew: `dexto-cloud login URL`."
        ) from error


def kept_at(environment: Mapping[str, str] = os.environ) -> Path:
    """Where `login` keeps what it got."""
    return _files(environment)[0]


def _files(environment: Mapping[str, str]) -> list[Path]:
    """Where a person signed in comes before the installation of this machine."""
    named = environment.get("DEXTO_CLI_FILE", "")
    home = Path(environment.get("HOME") or "/nonexistent") / ".config/dexto-cloud/cli.json"
    return [home, Path(named)] if named else [home]


@dataclass(frozen=True, slots=True)
class Api:
    """Raises UserError for what the person can mend, PlatformError for the rest."""

    connection: Connection

    def get(self, path: str, **parameters: str | int) -> Any:
        return self._ask("GET", path, params=parameters)

    def list(self, path: str, **parameters: str | int) -> list[Any]:
        """All pages of a list."""
        answer = self._send("GET", path, params={"limit": 200, **parameters})
        found: list[Any] = answer.json()
        while following := answer.links.get("next", {}).get("url"):
            answer = self._send("GET", f"{path}?{urlsplit(following).query}")
            found += answer.json()
        return found

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        return self._ask("POST", path, json=body or {})

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._ask("PUT", path, json=body)

    def send(self, path: str, contents: Mapping[str, bytes]) -> None:
        """Contents, each by its name."""
        self._ask("POST", path, files={name: (name, content) for name, content in contents.items()}, timeout=300)

    def delete(self, path: str, **parameters: str) -> None:
        self._ask("DELETE", path, params=parameters)

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        answer = self._send(method, path, **options)
        return answer.json() if answer.content else None

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        _require_usable(self.connection)
        token = self.connection.token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = f"{self.connection.url.rstrip('/')}/api/v1/{path}"
        try:
            answer = httpx.request(method, url, headers=headers, trust_env=False, **{"timeout": 30, **options})
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise PlatformError(
                "not_reachable",
                f"{self.connection.url} does not answer.",
                f"Start it with `dexto-cloud up`, or correct its address: {_WHERE}.",
            ) from error
        if answer.is_success and (not answer.content or _is_json(answer)):
            return answer
        raise _error(answer, self.connection.url)


@dataclass(frozen=True, slots=True)
class OwnApi(Api):
    """A person's: of a name that is not known it says what may have been meant."""

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            return Api._send(self, method, path, **options)
        except UserError as error:
            if error.code != "not_found":
                raise
            with suppress(DextoError):  # it only guesses
                error = self._unknown(path) or error
            raise error from None

    def _unknown(self, path: str) -> UserError | None:
        """None where it is something else that is not there."""
        kind, name = [*path.split("/"), ""][:2]
        plain = Api(self.connection)
        if kind not in ("projects", "deployments") or not name:
            return None
        projects = [one["slug"] for one in plain.list("projects")]
        if kind == "projects":
            return None if name in projects else meaning.project_unknown(name, projects)
        found = plain.get("find", q=meaning.beginning_of(name))
        deployments = [one["id"] for one in found if one["kind"] == "deployment"]
        return None if name in deployments else meaning.deployment_unknown(name, projects, deployments)


def own_api() -> Api:
    """Of the installation that the environment or the sign-in names. Raises UserError not_connected."""
    return OwnApi(connection())


def _require_usable(found: Connection) -> None:
    """Raises UserError. What is wrong with a token is said without it."""
    if urlsplit(found.url).scheme not in ("http", "https"):
        raise UserError(
            "address_incomplete",
            f"{found.url} is no address of an installation.",
            f"Begin it with https:// or http://: {_WHERE}.",
        )
    if not (found.token.isascii() and found.token.isprintable()):
        raise UserError("not_signed_in", "The token holds characters that no token has.", _SIGN_IN)


def _error(answer: httpx.Response, url: str) -> UserError | PlatformError:
    kind = PlatformError if answer.status_code >= 500 else UserError
    try:
        said = answer.json()
        hint = _SIGN_IN if said["code"] == "not_signed_in" else said["hint"]
        return kind(said["code"], said["message"], hint, said.get("file", ""), said.get("line", 0))
    except (ValueError, KeyError, TypeError):
        if answer.is_success or answer.is_redirect or answer.status_code in (404, 405):
            return UserError("no_installation", f"{url} answers, and is no Dexto Cloud.", f"Correct it: {_WHERE}.")
        return kind("failed", f"The installation answered {answer.status_code}.", "Look at its log.")


def _is_json(answer: httpx.Response) -> bool:
    return str(answer.headers.get("Content-Type", "")).partition(";")[0].endswith("json")
