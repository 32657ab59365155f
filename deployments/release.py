"""The operation `release`: storage → bind → start → health → routes. What serves is touched last."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Now

from builds import logs
from builds.recorder import Recorder
from core.errors import PlatformError
from core.targets import Platform
from deployments import changes, pull_requests, routing
from deployments.cloud import releasing, storing
from deployments.models import (
    Cause,
    Deployment,
    DeploymentStatus,
    Instance,
    Node,
    Observed,
    Source,
    Wanted,
)
from deployments.platforms import PLATFORMS
from deployments.platforms.contract import ReleaseSpec
from deployments.usage_limits import require_agent
from projects import operations
from projects.leases import Lease
from projects.models import Operation, OperationStatus, Project


def run(lease: Lease) -> None:
    deployment: Deployment = Deployment.objects.with_everything().get(pk=lease.subject_id)
    recorder = Recorder(deployment.stream, lease)
    with lease.transaction():
        moved = changes.move(_only(deployment), to=DeploymentStatus.DEPLOYING)
    if not moved and not _only(deployment).filter(status=DeploymentStatus.DEPLOYING).exists():
        return  # it was ended meanwhile
    try:
        storing.prepare(deployment, lease, recorder)
        if missing := deployment.missing_variables:
            recorder.line(f"warning: {_not_set(missing)} The agent says so where it needs one.")
        if deployment.destination.is_cloud:
            releasing.release(deployment, lease, recorder, _go_live)
        else:
            _release_here(deployment, lease, recorder)
    finally:
        recorder.flush()


def _release_here(deployment: Deployment, lease: Lease, recorder: Recorder) -> None:
    platform = PLATFORMS[Platform(deployment.destination.platform)]
    spec = ReleaseSpec(deployment.pk, settings.HEALTH_SECONDS, settings.NODE_SECONDS)
    platform.release(spec, LeasedInstances(deployment, lease), recorder)
    recorder.flush()
    with lease.finishing():
        _go_live(deployment)


def ended(operation: Operation, ending: operations.Ending) -> None:
    deployment = Deployment.objects.with_everything().get(pk=operation.subject_id)
    if deployment.destination.is_cloud:
        releasing.ended(deployment, failed=ending.status == OperationStatus.FAILED)
    Instance.objects.filter(deployment=deployment).update(wanted=Wanted.GONE)
    routing.wake_nodes()
    if changes.move(_only(deployment), to=_STATUS[ending.status], error=ending.error, finished_at=Now()):
        words = f"{ending.error['message']} {ending.error['hint']}".strip()
        logs.append(deployment.stream, [logs.entry("", words)])
        logs.end_stream(deployment.stream)


_STATUS: Mapping[OperationStatus, DeploymentStatus] = {
    OperationStatus.FAILED: DeploymentStatus.FAILED,
    OperationStatus.CANCELLED: DeploymentStatus.CANCELLED,
    OperationStatus.TIMED_OUT: DeploymentStatus.TIMED_OUT,
    OperationStatus.LOST: DeploymentStatus.LOST,
}


def _not_set(names: list[str]) -> str:
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} not set for this environment."


def _go_live(deployment: Deployment) -> None:
    """Ready, and the routes that are its due, in one transaction."""
    if not changes.move(_only(deployment), to=DeploymentStatus.READY, finished_at=Now()):
        return
    project = Project.objects.select_for_update().get(pk=deployment.project_id)
    said = []
    routing.point(routing.make_deployment_route(deployment), deployment, Cause.PUSH)
    if _has_branch(deployment):
        _advance_branch(deployment)
    if deployment.is_production:
        said.append(_assign_production(deployment, project))
    logs.append(deployment.stream, [logs.entry("assign", text) for text in (*said, "Ready.")])
    logs.end_stream(deployment.stream)


def _has_branch(deployment: Deployment) -> bool:
    """Whether the branch has an address of its own. Elsewhere production is one service, with one address."""
    if deployment.environment != deployment.destination.environment_of(deployment.branch):
        return False
    return not (deployment.destination.is_cloud and deployment.is_production)


def _advance_branch(deployment: Deployment) -> None:
    """A fork's branch is none of ours: it has its pull request's address only."""
    if not deployment.push.pull_request_id:
        routing.advance(routing.branch_route(deployment.destination, deployment.branch), deployment)
    pull_requests.follow(deployment)


def _assign_production(deployment: Deployment, project: Project) -> str:
    route = routing.production_route(deployment.destination)
    if deployment.source == Source.PROMOTE:
        routing.point(route, deployment, Cause.PROMOTE, actor=deployment.actor)
        return f"{route.hostname} points here now."
    if not project.auto_assign:
        return "Staged: after the rollback new deployments wait until one is promoted."
    if routing.advance(route, deployment):
        return f"{route.hostname} points here now."
    return f"{route.hostname} stays: it serves a newer push."


def _only(deployment: Deployment) -> QuerySet[Deployment]:
    return Deployment.objects.filter(pk=deployment.pk)


class LeasedInstances:
    """The instances of one release, written under its fence."""

    def __init__(self, deployment: Deployment, lease: Lease) -> None:
        self._deployment = deployment
        self._lease = lease

    def want_running(self, deployment_id: int) -> None:
        with self._lease.transaction():
            instance = Instance.objects.filter(deployment_id=deployment_id).first()
            if instance is None:
                require_agent(self._deployment.team)
                Instance.objects.create(
                    team=self._deployment.team,
                    deployment_id=deployment_id,
                    node=choose_node(self._deployment),
                    stream=logs.open_stream(self._deployment.team),
                )
            elif instance.observed == Observed.FAILED:
                Instance.objects.filter(pk=instance.pk).update(wanted=Wanted.RUNNING, observed=Observed.NEW)
            routing.wake_nodes()

    def state(self, deployment_id: int) -> Instance:
        instance: Instance = Instance.objects.get(deployment_id=deployment_id)
        return instance


def choose_node(deployment: Deployment) -> Node:
    """The living node that has the agent's memory on its disk, else the one with the fewest agents. Raises
    PlatformError when none lives."""
    running = Count("instances", filter=Q(instances__wanted=Wanted.RUNNING))
    alive = Node.objects.filter(seen_at__gt=Now() - timedelta(seconds=settings.LEASE_SECONDS))
    with_memory = Q(instances__deployment__destination=deployment.destination_id) & Q(
        instances__deployment__environment=deployment.environment
    )
    before = alive.filter(with_memory).order_by("-instances__pk").first()
    node = before or alive.annotate(running=running).order_by("running", "pk").first()
    if node is None:
        raise PlatformError(
            "no_node",
            "No node is alive to run the agent.",
            "Start `dexto-cloud node` on the agents' machine.",
        )
    return node
