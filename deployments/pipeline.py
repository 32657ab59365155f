"""What a push means for a project: build, reuse, skip, tear down. Decides and writes rows; does no work itself."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import Final

from django.db.models import Q
from django.db.models.functions import Now

from builds import logs
from builds.actions import cancel_build, request_build
from builds.models import Build, BuildStatus, Trust
from core.errors import UserError
from core.targets import Target
from deployments import changes, release_queue, routing
from deployments.cloud import queue, storages
from deployments.destinations import taking
from deployments.events import PushEvent
from deployments.models import (
    AgentStorage,
    Cause,
    CloudService,
    CloudVersion,
    Deployment,
    DeploymentStatus,
    DeploymentVariable,
    Destination,
    Push,
    Route,
    RouteKind,
    Source,
)
from deployments.skip_words import skip_reason
from deployments.usage_limits import deployments_refusal
from projects.models import Environment, OutboxEvent, Project, User, Variable

#: Why a preview went. What ended for one of these comes back with its branch; what a person cancelled does not.
BRANCH_DELETED: Final = "The branch was deleted."
BRANCH_GONE: Final = "The branch is no longer there."
PULL_CLOSED: Final = "The pull request was closed."
TEARDOWNS: Final = (BRANCH_DELETED, BRANCH_GONE, PULL_CLOSED)
_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz0123456789"


def handle_push(project: Project, event: PushEvent) -> str:
    """Acts on a push in the caller's transaction; returns what was decided, for the ledger and the dashboard."""
    if event.branch is None:
        return "ignored: only branches are deployed"
    if event.after is None:
        return tear_down_branch(project, event.branch)
    push, created = _recorded(project, event)
    if not created:
        return push.decision
    destinations = taking(project, event.branch)
    reason = _why_not(project, event, more=len(destinations))
    decision = f"skipped: {reason}" if reason else "deploys"
    if not destinations:
        decision = f"ignored: no destination of {project.slug} takes the branch {event.branch}"[:200]
    for destination in destinations:
        if reason:
            _skip(push, destination, decision)
        else:
            supersede(push, destination)
            deploy_push(push, destination)
    Push.objects.filter(pk=push.pk).update(decision=decision)
    return decision


def _why_not(project: Project, event: PushEvent, *, more: int) -> str:
    """What keeps a push from being deployed; "" where nothing does."""
    if word := skip_reason(event.message):
        return f"the commit's message says {word}"
    refusal = deployments_refusal(project.team, more=more)
    return f"{refusal.sentence} {refusal.next_step}" if refusal else ""


def deploy_push(
    push: Push,
    destination: Destination,
    *,
    environment: Environment | None = None,
    source: Source = Source.PUSH,
    actor: User | None = None,
    without_cache: bool = False,
) -> Deployment:
    """To the environment that the destination has for the branch, unless another is named. A fork's commit that no
    member approved yet waits; everything else is built at once."""
    waits = _awaits_approval(push)
    deployment = make_deployment(
        push,
        destination,
        environment=environment or destination.environment_of(push.branch),
        source=source,
        actor=actor,
        status=DeploymentStatus.WAITING if waits else DeploymentStatus.QUEUED,
        without_cache=without_cache,
    )
    if not waits:
        start_build(deployment)
    return deployment


def start_build(deployment: Deployment) -> None:
    """Nobody waits for a build whose agent would have no place for its memory: that is said at once."""
    if refused := _storage_refusal(deployment):
        rows = Deployment.objects.filter(pk=deployment.pk)
        if changes.move(rows, to=DeploymentStatus.FAILED, error=refused.as_dict(), finished_at=Now()):
            logs.append(deployment.stream, [logs.entry("", f"{refused.sentence} {refused.next_step}")])
            logs.end_stream(deployment.stream)
        return
    push, target = deployment.push, Target(deployment.destination.target)
    anew = deployment.source != Source.PUSH
    build = _build_of_push(push, target, anew=anew, fresh=deployment.without_cache)
    Deployment.objects.filter(pk=deployment.pk).update(build=build)
    deployment.build = build


def _storage_refusal(deployment: Deployment) -> UserError | None:
    """A fork's code is given no storage, and needs none."""
    if deployment.push.pull_request_id:
        return None
    return storages.refusal(deployment.team, deployment.destination.config)


def make_deployment(
    push: Push,
    destination: Destination,
    *,
    environment: Environment,
    source: Source = Source.PUSH,
    actor: User | None = None,
    **values: object,
) -> Deployment:
    """A deployment with its variables as they are now. Without a build or a bundle it does nothing yet."""
    deployment: Deployment = Deployment.objects.create(
        team=push.team,
        project=push.project,
        destination=destination,
        environment=environment,
        branch=push.branch,
        push=push,
        source=source,
        actor=actor,
        public_id=new_public_id(),
        stream=logs.open_stream(push.team),
        **values,
    )
    _snapshot_variables(deployment)
    changes.made(deployment)
    return deployment


def supersede(push: Push, destination: Destination) -> None:
    """A newer push ends older work on its branch: what is queued always, what runs only for a preview.

    What a person took from the branch to production is no longer the branch's. A project may have every push built.
    """
    if not push.project.supersede:
        return
    environment = destination.environment_of(push.branch)
    older = Deployment.objects.active().filter(
        destination=destination,
        branch=push.branch,
        environment=environment,
        push_id__lt=push.pk,
        push__pull_request=push.pull_request,  # of one fork's branch there may be two, one after the other
    )
    if environment == Environment.PRODUCTION:
        older = older.filter(status=DeploymentStatus.QUEUED)
    reason = f"A newer push, {push.after[:7] or 'an upload'}, took its place."
    for deployment in older.select_related("build", "stream"):
        stop(deployment, DeploymentStatus.SUPERSEDED, reason)


def stop(deployment: Deployment, status: DeploymentStatus, reason: str) -> None:
    """Ends a deployment that is under way, and its build where nobody else waits for it."""
    rows = Deployment.objects.filter(pk=deployment.pk)
    if not changes.move(rows, to=status, reason=reason, finished_at=Now()):
        return
    logs.append(deployment.stream, [logs.entry("", reason)])
    logs.end_stream(deployment.stream)
    release_queue.cancel(deployment)
    build = deployment.build
    if build is not None and not Deployment.objects.active().filter(build=build).exists():
        cancel_build(build)


def tear_down_branch(project: Project, branch: str, *, because: str = BRANCH_DELETED) -> str:
    """The branch's preview goes, and what was under way for it stops."""
    if branch == project.production_branch:
        return "ignored: the production branch was deleted; production stays as it is"
    previews = Deployment.objects.filter(project=project, branch=branch, environment=Environment.PREVIEW)
    for deployment in previews.active().select_related("build", "stream"):
        stop(deployment, DeploymentStatus.CANCELLED, because)
    for route in Route.objects.filter(project=project, kind=RouteKind.BRANCH, branch=branch):
        routing.point(route, None, Cause.TEARDOWN)
    kept = Q(wanted_by__kind=RouteKind.PRODUCTION) | Q(observed_by__kind=RouteKind.PRODUCTION)
    release_queue.retire(previews.filter(status=DeploymentStatus.READY).exclude(kept))
    CloudVersion.objects.filter(deployment__in=previews, gone_at=None).update(gone_at=Now())
    for service in CloudService.objects.living().filter(project=project, branch=branch).select_related("team"):
        queue.delete(service)
    queue.remove_previews(AgentStorage.objects.filter(destination__project=project, branch=branch))
    return "tore the branch's preview down"


def on_build_started(event: OutboxEvent) -> None:
    rows = Deployment.objects.filter(build_id=event.payload["build"])
    changes.move(rows, to=DeploymentStatus.BUILDING)


def on_build_ended(event: OutboxEvent) -> None:
    build = Build.objects.select_related("bundle").get(pk=event.payload["build"])
    waiting = Deployment.objects.active().filter(build=build).select_related("team", "stream")
    for deployment in waiting:
        _follow_build(deployment, build)


_OF_BUILD: Final[Mapping[str, DeploymentStatus]] = {
    BuildStatus.SKIPPED: DeploymentStatus.SKIPPED,
    BuildStatus.FAILED: DeploymentStatus.FAILED,
    BuildStatus.CANCELLED: DeploymentStatus.CANCELLED,
    BuildStatus.TIMED_OUT: DeploymentStatus.TIMED_OUT,
    BuildStatus.LOST: DeploymentStatus.LOST,
}


def _follow_build(deployment: Deployment, build: Build) -> None:
    rows = Deployment.objects.filter(pk=deployment.pk)
    if build.status == BuildStatus.READY:
        rows.update(bundle=build.bundle)
        release_queue.enqueue(deployment)
        return
    reason = f"skipped: {build.reason}" if build.reason else ""
    if changes.move(rows, to=_OF_BUILD[build.status], error=build.error, reason=reason, finished_at=Now()):
        logs.end_stream(deployment.stream)


def _recorded(project: Project, event: PushEvent) -> tuple[Push, bool]:
    push, created = Push.objects.get_or_create(
        project=project,
        delivery=event.delivery,
        defaults={
            "team": project.team,
            "ref": event.ref,
            "branch": event.branch or "",
            "before": event.before,
            "after": event.after or "",
            "message": event.message[:10_000],
            "author": event.author[:200],
        },
    )
    return push, created


def _skip(push: Push, destination: Destination, reason: str) -> None:
    deployment = make_deployment(
        push,
        destination,
        environment=destination.environment_of(push.branch),
        status=DeploymentStatus.SKIPPED,
        reason=reason,
    )
    Deployment.objects.filter(pk=deployment.pk).update(finished_at=Now())
    logs.end_stream(deployment.stream)


def _build_of_push(push: Push, target: Target, *, anew: bool, fresh: bool) -> Build:
    """One build serves all of a push's destinations of the same target."""
    shared = Build.objects.filter(deployments__push=push, target=target).order_by("-pk").first()
    if shared is not None and not anew:
        build: Build = shared
        return build
    trust = Trust.FORK if push.pull_request_id else Trust.OWN
    may_skip = {} if anew else {"deployed_sha": _deployed_sha(push), "ignore_command": push.project.ignore_command}
    return request_build(push.project, push.after, push.ref, target=target, trust=trust, fresh=fresh, **may_skip)


def _deployed_sha(push: Push) -> str:
    """The newest commit of the branch that is deployed: what changed since then is what counts."""
    deployed = Deployment.objects.filter(
        project=push.project, branch=push.branch, push_id__lt=push.pk, status=DeploymentStatus.READY
    )
    return deployed.order_by("-push_id").values_list("push__after", flat=True).first() or ""


def _awaits_approval(push: Push) -> bool:
    return push.pull_request is not None and push.pull_request.approved_sha != push.after


def _snapshot_variables(deployment: Deployment) -> None:
    if deployment.push.pull_request_id:
        return  # a fork's code gets no secrets
    everywhere = Q(branch="") | Q(branch=deployment.branch)
    variables: Iterable[Variable] = Variable.objects.filter(
        everywhere, project=deployment.project, environment=deployment.environment
    ).order_by("branch")  # a branch's own value comes last, and wins
    versions = {variable.name: variable.version_id for variable in variables}
    DeploymentVariable.objects.bulk_create(
        DeploymentVariable(team=deployment.team, deployment=deployment, name=name, version_id=version)
        for name, version in versions.items()
    )


def new_public_id() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(9))
