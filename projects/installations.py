"""What becomes of repositories when their installation or they themselves change at the code host.

A repository that the app can no longer read keeps its project and whatever serves: it says why, and deploys nothing
new. It comes back by itself only to an installation in the same account, for a team that proved to have that account:
a repository that moved to somebody else is theirs now.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models.functions import Now

from projects.models import CodeHostIdentity, Installation, Repository, Team


@dataclass(frozen=True, slots=True)
class Account:
    """Who has an installation, at which host."""

    host: str
    id: int


def suspended(host: str, external_id: int) -> list[Team]:
    return _each(host, external_id, suspended_at=Now())


def resumed(host: str, external_id: int) -> list[Team]:
    return _each(host, external_id, suspended_at=None)


def removed(host: str, external_id: int) -> list[Team]:
    teams = _each(host, external_id, removed_at=Now())
    _lose(Repository.objects.filter(installation__host=host, installation__external_id=external_id), "uninstalled")
    return teams


def installed(account: Account, external_id: int, login: str, repository_ids: Collection[int]) -> list[Team]:
    """Anew, in an account that teams here had linked before: theirs go on without a person."""
    known = Installation.objects.filter(host=account.host, account_id=account.id)
    teams = list(Team.objects.filter(pk__in=known.values("team")).order_by("pk"))
    for team in teams:
        Installation.objects.update_or_create(
            team=team,
            host=account.host,
            external_id=external_id,
            defaults={"account_id": account.id, "account_login": login, "removed_at": None, "suspended_at": None},
        )
    return teams if not repository_ids else _restored(account, external_id, repository_ids) or teams


def repositories_added(account: Account, external_id: int, repository_ids: Collection[int]) -> list[Team]:
    return _restored(account, external_id, repository_ids)


def repositories_removed(host: str, external_id: int, repository_ids: Collection[int]) -> list[Team]:
    rows = Repository.objects.filter(
        installation__host=host, installation__external_id=external_id, external_id__in=repository_ids
    )
    return _lose(rows, "no longer among the app's repositories")


def repository_deleted(host: str, external_id: int) -> list[Team]:
    return _lose(Repository.objects.filter(host=host, external_id=external_id), "deleted")


def repository_renamed(host: str, external_id: int, *, full_name: str, clone_url: str, branch: str) -> list[Team]:
    """Also when its default branch changed: what is deployed to production stays what the project says."""
    rows = Repository.objects.filter(host=host, external_id=external_id)
    rows.update(full_name=full_name, clone_url=clone_url, default_branch=branch)
    return _teams(rows)


def repository_moved(owner: Account, external_id: int) -> list[Team]:
    """To another account: only teams that proved to have that one as well may go on reading it."""
    rows = Repository.objects.filter(host=owner.host, external_id=external_id)
    teams = _teams(rows)
    for repository in rows:
        new = _usable(owner, repository.team).first()
        lost = "" if new else "transferred to another account"
        Repository.objects.filter(pk=repository.pk).update(installation=new, lost=lost)
    return teams


def authorization_revoked(account: Account) -> int:
    """How many people: none, or the one whose account it is."""
    rows = CodeHostIdentity.objects.filter(host=account.host, external_id=account.id)
    changed: int = rows.update(revoked_at=Now())
    return changed


def _each(host: str, external_id: int, **values: object) -> list[Team]:
    rows = Installation.objects.filter(host=host, external_id=external_id)
    rows.update(**values)
    return _teams(rows)


def _restored(account: Account, external_id: int, repository_ids: Collection[int]) -> list[Team]:
    teams = []
    rows = Repository.objects.filter(host=account.host, external_id__in=repository_ids).select_related("team")
    for repository in rows.order_by("team"):
        found = _usable(account, repository.team).filter(external_id=external_id).first()
        if found is not None:
            Repository.objects.filter(pk=repository.pk).update(installation=found, lost="")
            teams.append(repository.team)
    return list(dict.fromkeys(teams))


def _usable(account: Account, team: Team) -> Any:
    return Installation.objects.filter(team=team, host=account.host, account_id=account.id, removed_at=None).order_by(
        "-pk"
    )


def _lose(rows: Any, why: str) -> list[Team]:
    teams = _teams(rows)
    rows.update(installation=None, lost=why)
    return teams


def _teams(rows: Any) -> list[Team]:
    return list(Team.objects.filter(pk__in=rows.values("team")).order_by("pk"))
