"""The roles of the port, opened. What keeps a token keeps it for the process: one for each repository and purpose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from clients.code_host import (
    AppKey,
    AppMaker,
    CodeHostAddress,
    CodeHostApp,
    CodeHostUser,
    CodeReader,
    CodeReports,
    OAuthKey,
    SignIn,
)
from clients.github.app import GitHubApp, GitHubMaker
from clients.github.people import GitHubSignIn, GitHubUser
from clients.github.reader import GitHubReader
from clients.github.reports import GitHubReports
from clients.github.tokens import InstallationTokens

READING: Final = {"contents": "read", "metadata": "read", "pull_requests": "read"}
TELLING: Final = {"checks": "write", "deployments": "write", "pull_requests": "write", "statuses": "write"}


@dataclass(frozen=True, slots=True)
class LinkedRepository:
    """A repository, and the app's installation that reaches it."""

    address: CodeHostAddress
    key: AppKey
    installation_id: int
    repository_id: int
    full_name: str


def maker(address: CodeHostAddress) -> AppMaker:
    return GitHubMaker(address)


def sign_in(address: CodeHostAddress, key: OAuthKey) -> SignIn:
    return GitHubSignIn(address, key)


def app(address: CodeHostAddress, key: AppKey) -> CodeHostApp:
    return GitHubApp(address, key)


def person(address: CodeHostAddress, token: str) -> CodeHostUser:
    return GitHubUser(address, token)


def reader(linked: LinkedRepository) -> CodeReader:
    return GitHubReader(linked.address, linked.full_name, _tokens(linked, _frozen(READING)).authorization)


def reports(linked: LinkedRepository, *, app_slug: str, seconds_between_writes: float = 1.0) -> CodeReports:
    tokens = _tokens(linked, _frozen(TELLING))
    return GitHubReports(
        linked.address,
        linked.full_name,
        tokens.authorization,
        app_slug=app_slug,
        seconds_between_writes=seconds_between_writes,
    )


def _frozen(permissions: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(permissions.items()))


@lru_cache(maxsize=1_000)
def _tokens(linked: LinkedRepository, permissions: tuple[tuple[str, str], ...]) -> InstallationTokens:
    return InstallationTokens(
        GitHubApp(linked.address, linked.key),
        linked.installation_id,
        repository_ids=[linked.repository_id],
        permissions=dict(permissions),
    )
