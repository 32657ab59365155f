"""The API of an installation, as the command speaks to it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from core.errors import PlatformError, UserError


@dataclass(frozen=True, slots=True)
class Connection:
    """Where the installation is, and the token to speak with."""

    url: str
    token: str = field(repr=False)


def connection(environment: Mapping[str, str] = os.environ) -> Connection:
    """From DEXTO_URL and DEXTO_TOKEN, else from the file that `dexto-cloud up` or `login` wrote. Raises UserError."""
    url, token = environment.get("DEXTO_URL", ""), environment.get("DEXTO_TOKEN", "")
    if not (url and token):
        for path in _files(environment):
            if path.exists():
                kept = json.loads(path.read_text())
                return Connection(url or kept["url"], token or kept["token"])
        raise UserError(
            "not_connected",
            "No installation is known here.",
            "Sign in with `dexto-cloud login URL`, start one with `dexto-cloud up`, or set DEXTO_URL and DEXTO_TOKEN.",
        )
    return Connection(url, token)


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
        token = self.connection.token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = f"{self.connection.url.rstrip('/')}/api/v1/{path}"
        try:
            answer = httpx.request(method, url, headers=headers, trust_env=False, **{"timeout": 30, **options})
        except httpx.HTTPError as error:
            raise PlatformError(
                "not_reachable",
                f"{self.connection.url} does not answer.",
                "Start it with `dexto-cloud up`, or correct DEXTO_URL.",
            ) from error
        if answer.is_success:
            return answer
        raise _error(answer)


def own_api() -> Api:
    """Of the installation that the environment or the sign-in names. Raises UserError not_connected."""
    return Api(connection())


def _error(answer: httpx.Response) -> UserError | PlatformError:
    kind = PlatformError if answer.status_code >= 500 else UserError
    try:
        said = answer.json()
        return kind(said["code"], said["message"], said["hint"], said.get("file", ""), said.get("line", 0))
    except (ValueError, KeyError, TypeError):
        return kind("failed", f"The installation answered {answer.status_code}.", "Look at its log.")
