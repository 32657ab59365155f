"""People: how they sign in, and what they can reach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from clients.code_host import (
    Account,
    CodeHostAddress,
    CodeInstallation,
    CodeRepository,
    Email,
    OAuthKey,
    Page,
    UserToken,
)
from clients.code_host_errors import CodeHostRefusedError
from clients.github import shapes
from clients.github.connection import PLAIN_JSON, Answer, Connection, understood


class GitHubSignIn:
    """A `clients.code_host.SignIn`."""

    def __init__(self, address: CodeHostAddress, key: OAuthKey) -> None:
        self._web_url = address.web_url
        self._key = key
        self._connection = Connection(address.web_url)

    def authorize_url(self, *, redirect_uri: str, state: str, code_challenge: str) -> str:
        query = {
            "client_id": self._key.client_id,
            "redirect_uri": redirect_uri,
            "state": state,
            "code_challenge": code_challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._web_url}/login/oauth/authorize?{urlencode(query)}"

    def exchange(self, code: str, *, redirect_uri: str, code_verifier: str) -> UserToken:
        body = {
            "client_id": self._key.client_id,
            "client_secret": self._key.client_secret,
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": code_verifier,
        }
        doing = "let somebody sign in"
        answer = self._connection.ask(doing, "POST", "/login/oauth/access_token", body, accept=PLAIN_JSON)
        return understood(doing, lambda raw: _user_token(doing, raw), answer.content)


def _user_token(doing: str, raw: Any) -> UserToken:
    """What went wrong comes as a success with an error in it."""
    if "error" in raw:
        raise CodeHostRefusedError(doing, str(raw["error"])[:100])
    seconds = raw.get("expires_in")
    return UserToken(str(raw["access_token"]), None if seconds is None else int(seconds))


class GitHubUser:
    """A `clients.code_host.CodeHostUser`."""

    def __init__(self, address: CodeHostAddress, token: str) -> None:
        self._connection = Connection(address.api_url, lambda: f"Bearer {token}")

    def user(self) -> Account:
        doing = "say who this is"
        return understood(doing, shapes.account, self._connection.get(doing, "/user").content)

    def emails(self) -> Sequence[Email]:
        doing = "list the addresses"
        return [understood(doing, shapes.email, raw) for raw in self._connection.listed(doing, "/user/emails")]

    def installations(self, page: int = 1) -> Page[CodeInstallation]:
        doing = "list the installations"
        answer = self._connection.get(doing, "/user/installations", {"per_page": 100, "page": page})
        found = understood(doing, lambda raw: tuple(map(shapes.installation, raw["installations"])), answer.content)
        return Page(found, answer.next_page, _total(doing, answer))

    def repository(self, full_name: str) -> CodeRepository:
        doing = "show the repository"
        return understood(doing, shapes.repository, self._connection.get(doing, f"/repos/{full_name}").content)

    def repositories(self, installation_id: int, page: int = 1) -> Page[CodeRepository]:
        doing = "list the installation's repositories"
        path = f"/user/installations/{installation_id}/repositories"
        answer = self._connection.get(doing, path, {"per_page": 100, "page": page})
        found = understood(doing, lambda raw: tuple(map(shapes.repository, raw["repositories"])), answer.content)
        return Page(found, answer.next_page, _total(doing, answer))


def _total(doing: str, answer: Answer) -> int:
    return understood(doing, lambda raw: int(raw["total_count"]), answer.content)
