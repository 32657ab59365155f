"""Acting on what a code host tells of its app: installations, repositories as a whole, authorizations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from projects import installations
from projects.installations import Account
from projects.models import Team
from webhooks.decisions import Decision, ignored, processed
from webhooks.events import (
    AuthorizationRevoked,
    InstallationChanged,
    InstallationRepositoriesChanged,
    RepositoryChanged,
)
from webhooks.models import Delivery


def on_installation(delivery: Delivery, event: InstallationChanged) -> Decision:
    act, words = _INSTALLATION[event.action]
    teams = act(delivery.host, event)
    if not teams:
        return processed(f"the app is {words} {event.account_login}; no team here has linked it")
    return processed(f"the app is {words} {event.account_login}", teams)


def on_installation_repositories(delivery: Delivery, event: InstallationRepositoriesChanged) -> Decision:
    account = Account(delivery.host, event.account_id)
    lost = installations.repositories_removed(delivery.host, event.installation_id, event.removed)
    found = installations.repositories_added(account, event.installation_id, event.added)
    if not lost and not found:
        return ignored("no project is linked to these repositories; link one on the dashboard")
    words = [(found, "a linked repository can be read again"), (lost, "a linked repository can no longer be read")]
    return processed("; ".join(line for teams, line in words if teams), dict.fromkeys((*found, *lost)))


def on_repository(delivery: Delivery, event: RepositoryChanged) -> Decision:
    teams = _REPOSITORY[event.action](delivery.host, event)
    if not teams:
        return ignored("no project is linked to this repository; link it on the dashboard")
    return processed(_REPOSITORY_WORDS[event.action].format(name=event.full_name), teams)


def on_authorization(delivery: Delivery, event: AuthorizationRevoked) -> Decision:
    if not installations.authorization_revoked(Account(delivery.host, event.account_id)):
        return ignored("nobody here signs in with this account")
    return processed("their sign-in no longer reads repositories, until they sign in again")


def _created(host: str, event: InstallationChanged) -> list[Team]:
    account = Account(host, event.account_id)
    return installations.installed(account, event.installation_id, event.account_login, event.repository_ids)


def _renamed(host: str, event: RepositoryChanged) -> list[Team]:
    return installations.repository_renamed(
        host, event.repository_id, full_name=event.full_name, clone_url=event.clone_url, branch=event.default_branch
    )


def _transferred(host: str, event: RepositoryChanged) -> list[Team]:
    _renamed(host, event)
    return installations.repository_moved(Account(host, event.owner_id), event.repository_id)


def _deleted(host: str, event: RepositoryChanged) -> list[Team]:
    return installations.repository_deleted(host, event.repository_id)


_INSTALLATION: Final[Mapping[str, tuple[Callable[[str, InstallationChanged], list[Team]], str]]] = {
    "created": (_created, "installed for"),
    "deleted": (lambda host, event: installations.removed(host, event.installation_id), "no longer installed for"),
    "suspend": (lambda host, event: installations.suspended(host, event.installation_id), "suspended for"),
    "unsuspend": (lambda host, event: installations.resumed(host, event.installation_id), "active again for"),
}
_REPOSITORY: Final[Mapping[str, Callable[[str, RepositoryChanged], list[Team]]]] = {
    "renamed": _renamed,
    "edited": _renamed,
    "privatized": _renamed,
    "publicized": _renamed,
    "transferred": _transferred,
    "deleted": _deleted,
}
_REPOSITORY_WORDS: Final[Mapping[str, str]] = {
    "renamed": "the repository is called {name} now; everything goes on",
    "edited": "{name} was edited; production stays with the branch that the project names",
    "privatized": "{name} is private now; the app reads it as before",
    "publicized": "{name} is public now; the app reads it as before",
    "transferred": "the repository is {name} now; it deploys where the team has the app in that account",
    "deleted": "{name} was deleted; what serves goes on, and nothing new is deployed",
}
