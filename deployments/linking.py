"""Linking a repository of a code host: the project, and its first deployment at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final

from django.db import transaction

from clients.code_host import Branch, CodeInstallation, CodeRepository
from clients.rate_limits import Limit
from core.errors import UserError
from deployments import pipeline
from deployments.events import PushEvent
from deployments.hostnames import slug as as_slug
from deployments.models import Push
from projects.actions import audit, change_project, create_project
from projects.github_apps import LinkedApp
from projects.github_clients import reader_at
from projects.models import Installation, Project, Repository, Team, User

#: A person's, of repositories that are not linked yet: each asks the code host several times.
LOOKS: Final = Limit("looks", "20/minute")
_MOST_BRANCHES: Final = 5_000
_NOTHING: Final = "0" * 40


@dataclass(frozen=True, slots=True)
class Found:
    """A repository as a person found it: theirs by the code host's own word, with its branches as they are now."""

    host: str
    installation: CodeInstallation
    repository: CodeRepository
    branches: tuple[Branch, ...]

    @property
    def head(self) -> Branch | None:
        return next((one for one in self.branches if one.name == self.repository.default_branch), None)


def found_at(app: LinkedApp, installation: CodeInstallation, repository: CodeRepository) -> Found:
    """With its branches, as far as they are read; whose the repository is was seen before."""
    reader = reader_at(app, installation=installation.id, repository=repository.id, full_name=repository.full_name)
    return Found(app.host, installation, repository, tuple(islice(reader.branches(), _MOST_BRANCHES)))


def link(team: Team, slug: str, found: Found, *, root: str, actor: User) -> Project:
    """Raises UserError, also where that folder of it is a project of the team already. Branches that are there wait for
    their next push: a repository may have hundreds."""
    head = found.head
    if head is None:
        raise UserError(
            "repository_empty",
            f"{found.repository.full_name} has no branch {found.repository.default_branch}.",
            "Push a first commit to it, then link it.",
        )
    with transaction.atomic():
        repository = _repository(team, found)
        _require_unlinked(repository, root)
        project = create_project(team, slug, repository, actor=actor)
        if root:
            project = change_project(project, actor=actor, root=root)
        audit(team, actor, "repository.linked", found.repository.full_name, project=project.slug)
        _note(project, (one for one in found.branches if one != head))
        pipeline.handle_push(project, _first_push(project, head))
    return project


def free_name(team: Team, found: Found, root: str) -> str:
    """A name for the project that is free in the team, after its folder or its repository; "" where none is."""
    stem = as_slug((root or found.repository.full_name).rpartition("/")[2])[:36].strip("-") or "agent"
    names = [stem, *(f"{stem}-{number}" for number in range(2, 50))]
    taken = set(Project.objects.for_team(team).filter(slug__in=names).values_list("slug", flat=True))
    return next((name for name in names if name not in taken), "")


def _require_unlinked(repository: Repository, root: str) -> None:
    """Whoever links the same at the same moment waits for the repository's row, and then finds the other's project."""
    project = Project.objects.for_team(repository.team).filter(repository=repository, root=root.strip("/")).first()
    if project is not None:
        raise UserError(
            "repository_linked",
            f"{repository.full_name} is linked already, as the project {project.slug}.",
            "Use that project, or name another folder of the repository as the root.",
        )


def _repository(team: Team, found: Found) -> Repository:
    account, about = found.installation.account, found.repository
    installation, _created = Installation.objects.update_or_create(
        team=team,
        host=found.host,
        external_id=found.installation.id,
        defaults={
            "account_id": account.id,
            "account_login": account.login,
            "suspended_at": None,
            "removed_at": None,
        },
    )
    row, _created = Repository.objects.update_or_create(
        team=team,
        host=found.host,
        external_id=about.id,
        defaults={
            "full_name": about.full_name,
            "clone_url": about.clone_url,
            "default_branch": about.default_branch,
            "installation": installation,
            "lost": "",
        },
    )
    repository: Repository = row
    return repository


def _first_push(project: Project, head: Branch) -> PushEvent:
    return PushEvent(
        delivery=f"link:{project.pk}",
        ref=f"refs/heads/{head.name}",
        before=_NOTHING,
        after=head.sha,
        message="The repository as it was linked",
    )


def _note(project: Project, branches: Iterable[Branch]) -> None:
    """So that a reconcile knows what is new since."""
    Push.objects.bulk_create(
        Push(
            team=project.team,
            project=project,
            delivery=f"link:{project.pk}:{number}",
            ref=f"refs/heads/{branch.name}"[:300],
            branch=branch.name[:290],
            before=_NOTHING,
            after=branch.sha,
            decision="was there before the project was linked; its next push is deployed",
        )
        for number, branch in enumerate(branches)
    )
