"""The nightly reconcile: branches and pull requests as the code host has them, against what is known here.

What webhooks missed is made up for as if it had been told now. Nothing is asked for inside a transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final
from uuid import uuid4

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from clients.code_host import CodeReader, Pull
from core.errors import DextoError
from deployments import pipeline, pull_requests
from deployments.destinations import taking
from deployments.events import PullRequestEvent, PushEvent
from deployments.models import Deployment, PullRequest, Push, Route, RouteKind
from deployments.reviving import revive
from projects import trusted_deploys
from projects.github_clients import reader_of
from projects.models import Environment, Project
from webhooks.models import Delivery

log = structlog.get_logger(__name__)
_NOTHING: Final = "0" * 40


@dataclass(frozen=True, slots=True)
class State:
    """A repository as it is at the code host: branches with their commits, pull requests that are open, and those
    that were closed last."""

    branches: Mapping[str, str]
    pulls: Mapping[int, Pull]
    closed: Sequence[Pull] = ()
    messages: Mapping[str, str] = field(default_factory=dict)  # of the commits that branches moved to

    def parked(self, repository_id: int) -> set[str]:
        """Branches that stand where a closed pull request left them. Their preview went with it, and comes back with
        another commit or another pull request."""
        own = [pull for pull in self.closed if pull.head_repository_id == repository_id]
        left = {pull.head_branch for pull in own if self.branches.get(pull.head_branch) == pull.head_sha}
        return left - {pull.head_branch for pull in self.pulls.values() if pull.head_repository_id == repository_id}


def reconcile_all() -> int:
    """How many differences were made up for."""
    changed = 0
    for project in Project.objects.select_related("repository__installation", "team").order_by("pk"):
        try:
            if reader := reader_of(project.repository):
                changed += reconcile(project, _with_messages(project, _state(reader), reader))
        except DextoError as error:
            log.warning("not reconciled", project=project.slug, code=error.code, error=str(error))
    _forget_old()
    return changed


def reconcile(project: Project, there: State) -> int:
    parked = _parked(project, there)
    with transaction.atomic():
        gone = _torn_down(project, there, parked) + _closed(project, there)
        come = _pushed(project, there, parked) + _opened(project, there)
        return gone + come + _revived(project, there, parked)


def _state(reader: CodeReader) -> State:
    branches = {branch.name: branch.sha for branch in reader.branches()}
    pulls = {pull.number: pull for pull in reader.open_pulls()}
    return State(branches, pulls, reader.closed_pulls())


def _with_messages(project: Project, there: State, reader: CodeReader) -> State:
    """A commit's message may say that it is not to be deployed."""
    moved = _moved(_known(project), there, _parked(project, there))
    return replace(there, messages={sha: reader.message(sha) for sha in moved.values()})


def _torn_down(project: Project, there: State, parked: Set[str]) -> int:
    """Also what is still on its way to a branch that is gone."""
    shown = Route.objects.filter(project=project, kind=RouteKind.BRANCH, wanted__push__uploaded=False)
    coming = Deployment.objects.active().filter(project=project, environment=Environment.PREVIEW, push__uploaded=False)
    known = {*shown.values_list("branch", flat=True), *coming.values_list("branch", flat=True)}
    gone = {branch for branch in known if _is_gone(branch, there)}
    for branch in sorted(gone):
        pipeline.tear_down_branch(project, branch, because=pipeline.BRANCH_GONE)
    for branch in sorted(known & parked):
        pipeline.tear_down_branch(project, branch, because=pipeline.PULL_CLOSED)
    return len(gone | (known & parked))


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


def _pushed(project: Project, there: State, parked: Set[str]) -> int:
    known = _known(project)
    moved = _moved(known, there, parked)
    for name, sha in moved.items():
        message = there.messages.get(sha, "A push that was not told of")
        event = PushEvent(str(uuid4()), f"refs/heads/{name}", known.get(name, _NOTHING), sha, message)
        pipeline.handle_push(project, event)
    return len(moved)


def _moved(known: Mapping[str, str], there: State, parked: Set[str]) -> dict[str, str]:
    return {name: sha for name, sha in there.branches.items() if name not in parked and known.get(name) != sha}


def _known(project: Project) -> dict[str, str]:
    return {push.branch: push.after for push in _newest_pushes(project)}


def _parked(project: Project, there: State) -> set[str]:
    return there.parked(project.repository.external_id) - {project.production_branch}


def _newest_pushes(project: Project) -> QuerySet[Push]:
    """Of each of the repository's own branches."""
    own = Push.objects.filter(project=project, pull_request=None, uploaded=False)
    newest: QuerySet[Push] = own.order_by("branch", "-pk").distinct("branch").select_related("project")
    return newest


def _revived(project: Project, there: State, parked: Set[str]) -> int:
    """A branch that was deleted and made anew at the same commit, or of which both were told the other way round."""
    torn_down = [push for push in _newest_pushes(project) if push.branch in there.branches.keys() - parked]
    return sum(revive(push, destination) for push in torn_down for destination in taking(project, push.branch))


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
