"""The nightly reconcile: branches and pull requests as the code host has them, against what is known here.

What webhooks missed is made up for as if it had been told now. Nothing is asked for inside a transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import uuid4

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from clients.code_host import CodeReader, Pull
from core.errors import DextoError
from deployments import pipeline, pull_requests
from deployments.events import PullRequestEvent, PushEvent
from deployments.models import PullRequest, Push, Route, RouteKind
from projects import trusted_deploys
from projects.github_clients import reader_of
from projects.models import Project
from webhooks.models import Delivery

log = structlog.get_logger(__name__)
_NOTHING: Final = "0" * 40


@dataclass(frozen=True, slots=True)
class State:
    """A repository as it is at the code host: branches with their commits, and pull requests that are open."""

    branches: Mapping[str, str]
    pulls: Mapping[int, Pull]


def reconcile_all() -> int:
    """How many differences were made up for."""
    changed = 0
    for project in Project.objects.select_related("repository__installation", "team").order_by("pk"):
        try:
            if reader := reader_of(project.repository):
                changed += reconcile(project, _state(reader))
        except DextoError as error:
            log.warning("not reconciled", project=project.slug, code=error.code, error=str(error))
    _forget_old()
    return changed


def reconcile(project: Project, there: State) -> int:
    with transaction.atomic():
        gone = _torn_down(project, there) + _closed(project, there)
        return gone + _pushed(project, there) + _opened(project, there)


def _state(reader: CodeReader) -> State:
    branches = {branch.name: branch.sha for branch in reader.branches()}
    return State(branches, {pull.number: pull for pull in reader.open_pulls()})


def _torn_down(project: Project, there: State) -> int:
    shown = Route.objects.filter(project=project, kind=RouteKind.BRANCH, wanted__push__uploaded=False)
    gone = [branch for branch in shown.values_list("branch", flat=True).distinct() if _is_gone(branch, there)]
    for branch in gone:
        pipeline.tear_down_branch(project, branch, because="The branch is no longer there.")
    return len(gone)


def _is_gone(branch: str, there: State) -> bool:
    """A fork's branch, owner:branch, is none of the repository's: its pull request says whether it goes."""
    return ":" not in branch and branch not in there.branches


def _closed(project: Project, there: State) -> int:
    rows = PullRequest.objects.filter(project=project, is_open=True).exclude(number__in=there.pulls)
    for row in rows:
        event = PullRequestEvent(
            str(uuid4()), row.number, False, row.is_fork, row.head_branch, row.head_sha, row.title, row.author
        )
        pull_requests.handle_pull_request(project, event)
    return len(rows)


def _pushed(project: Project, there: State) -> int:
    pushes = Push.objects.filter(project=project, pull_request=None, uploaded=False)
    newest = pushes.order_by("branch", "-pk").distinct("branch")
    known = dict(newest.values_list("branch", "after"))
    moved = {name: sha for name, sha in there.branches.items() if known.get(name) != sha}
    for name, sha in moved.items():
        before = known.get(name, _NOTHING)
        event = PushEvent(str(uuid4()), f"refs/heads/{name}", before, sha, "A push that was not told of")
        pipeline.handle_push(project, event)
    return len(moved)


def _opened(project: Project, there: State) -> int:
    known = dict(PullRequest.objects.filter(project=project, is_open=True).values_list("number", "head_sha"))
    moved = [pull for pull in there.pulls.values() if known.get(pull.number) != pull.head_sha]
    for pull in moved:
        pull_requests.handle_pull_request(project, _event(project, pull))
    return len(moved)


def _event(project: Project, pull: Pull) -> PullRequestEvent:
    is_fork = pull.head_repository_id != project.repository.external_id
    return PullRequestEvent(
        delivery=str(uuid4()),
        number=pull.number,
        is_open=True,
        is_fork=is_fork,
        head_branch=pull.head_label if is_fork else pull.head_branch,
        head_sha=pull.head_sha,
        title=pull.title,
        author=pull.author,
    )


def _forget_old() -> None:
    """What was told long ago; the code host itself repeats nothing older than three days."""
    Delivery.objects.filter(received_at__lt=Now() - timedelta(days=settings.LEDGER_DAYS)).delete()
    trusted_deploys.forget_used()
