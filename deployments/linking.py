"""Linking a repository of a code host: the project, and its first deployment at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from clients.code_host import Branch, CodeInstallation, CodeRepository
from core.errors import UserError
from deployments import pipeline
from deployments.events import PushEvent
from deployments.models import Push
from projects.actions import audit, change_project, create_project
from projects.models import Installation, Project, Repository, Team, User

_NOTHING = "0" * 40


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


def link(team: Team, slug: str, found: Found, *, root: str, actor: User) -> Project:
    """Raises UserError. Branches that are there already wait for their next push: a repository may have hundreds."""
    head = found.head
    if head is None:
        raise UserError(
            "repository_empty",
            f"{found.repository.full_name} has no branch {found.repository.default_branch}.",
            "Push a first commit to it, then link it.",
        )
    with transaction.atomic():
        project = create_project(team, slug, _repository(team, found), actor=actor)
        if root:
            project = change_project(project, actor=actor, root=root)
        audit(team, actor, "repository.linked", found.repository.full_name, project=project.slug)
        _note(project, (one for one in found.branches if one != head))
        pipeline.handle_push(project, _first_push(project, head))
    return project


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
