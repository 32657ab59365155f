"""What pull requests mean for a project: those of its own branches are previewed with the branch, a fork's code
waits until a member approved that very commit."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now

from core.errors import UserError
from deployments import changes, routing
from deployments.destinations import taking
from deployments.events import PullRequestEvent
from deployments.models import (
    Cause,
    Deployment,
    DeploymentStatus,
    Destination,
    PullRequest,
    Push,
    Route,
    RouteKind,
)
from deployments.pipeline import PULL_CLOSED, deploy_push, start_build, supersede, tear_down_branch
from deployments.reviving import revive
from deployments.usage_limits import require_deployment
from projects.actions import audit
from projects.models import Project, User


def handle_pull_request(project: Project, event: PullRequestEvent) -> str:
    """Acts on where a pull request stands now, in the caller's transaction; returns what was decided."""
    pull_request = _noted(project, event)
    if not event.is_open:
        return _tear_down(pull_request)
    if event.is_fork:
        return _deploy_fork(pull_request, event)
    pushes = Push.objects.filter(project=project, branch=event.head_branch, pull_request=None, uploaded=False)
    newest = pushes.order_by("-pk").first()
    for destination in taking(project, event.head_branch):
        _follow_branch(pull_request, destination)
        if newest:
            revive(newest, destination)
    changes.tell(Deployment.objects.filter(push=newest))
    return f"previewed with its branch {event.head_branch}"


def approve(pull_request: PullRequest, sha: str, *, actor: User) -> list[Deployment]:
    """Lets a fork's commit be built. Raises UserError when there is a newer one to look at."""
    if pull_request.head_sha != sha:
        raise UserError(
            "commit_not_head",
            f"Pull request {pull_request.number} has a newer commit, {pull_request.head_sha[:7]}.",
            "Look at that one, and approve it instead.",
        )
    with transaction.atomic():
        PullRequest.objects.filter(pk=pull_request.pk).update(approved_sha=sha, approved_by=actor)
        audit(pull_request.team, actor, "fork.approved", f"{pull_request.project.slug}#{pull_request.number}", sha=sha)
        waiting = Deployment.objects.filter(
            push__pull_request=pull_request, push__after=sha, status=DeploymentStatus.WAITING
        )
        require_deployment(pull_request.team)
        approved = list(waiting.select_related("team", "project__team", "push__project", "destination"))
        for deployment in approved:
            changes.move(Deployment.objects.filter(pk=deployment.pk), to=DeploymentStatus.QUEUED)
            start_build(deployment)
    return approved


def follow(deployment: Deployment) -> None:
    """A deployment went live: the pull requests that show it move on to it."""
    if deployment.push.pull_request_id:
        shown = PullRequest.objects.filter(pk=deployment.push.pull_request_id, is_open=True)
    else:
        shown = PullRequest.objects.filter(
            project_id=deployment.project_id, head_branch=deployment.branch, is_fork=False, is_open=True
        )
    for number in shown.values_list("number", flat=True):
        routing.advance(routing.pull_route(deployment.destination, number), deployment)


def _noted(project: Project, event: PullRequestEvent) -> PullRequest:
    row, _created = PullRequest.objects.update_or_create(
        project=project,
        number=event.number,
        defaults={
            "team": project.team,
            "title": event.title[:300],
            "author": event.author[:200],
            "head_branch": event.head_branch[:290],
            "head_sha": event.head_sha,
            "is_fork": event.is_fork,
            "is_open": event.is_open,
            "updated_at": Now(),
        },
    )
    found: PullRequest = row
    return found


def _deploy_fork(pull_request: PullRequest, event: PullRequestEvent) -> str:
    newest = Push.objects.filter(pull_request=pull_request).order_by("-pk").first()
    if newest is not None and newest.after == event.head_sha:
        for destination in taking(pull_request.project, event.head_branch, is_fork=True):
            revive(newest, destination)
        return str(newest.decision)
    decision = (
        "deploys" if pull_request.approved_sha == event.head_sha else "waits for a member's approval: a fork's code"
    )
    push = Push.objects.create(
        team=pull_request.team,
        project=pull_request.project,
        delivery=event.delivery,
        pull_request=pull_request,
        ref=f"refs/pull/{event.number}/head",
        branch=event.head_branch,
        before="0" * len(event.head_sha),
        after=event.head_sha,
        message=pull_request.title,
        author=pull_request.author,
        decision=decision,
    )
    for destination in taking(pull_request.project, event.head_branch, is_fork=True):
        supersede(push, destination)
        deploy_push(push, destination)
    return decision


def _follow_branch(pull_request: PullRequest, destination: Destination) -> None:
    """The branch may have been pushed, and be live, before the pull request was opened."""
    live = Route.objects.filter(
        destination=destination, kind=RouteKind.BRANCH, branch=pull_request.head_branch, wanted__isnull=False
    )
    route = live.select_related("wanted__destination__project", "wanted__push").first()
    if route is not None and route.wanted is not None:
        follow(route.wanted)


def _tear_down(pull_request: PullRequest) -> str:
    project = pull_request.project
    for route in Route.objects.filter(project=project, kind=RouteKind.PULL, branch=str(pull_request.number)):
        routing.point(route, None, Cause.TEARDOWN)
    others = PullRequest.objects.filter(project=project, head_branch=pull_request.head_branch, is_open=True)
    if others.exists():
        return "closed; its branch has another open pull request, and keeps its preview"
    if pull_request.head_branch == project.production_branch:
        return "closed; its branch is production's, which stays as it is"
    tear_down_branch(project, pull_request.head_branch, because=PULL_CLOSED)
    return "closed; its preview was torn down"
