"""How long deployments are kept. What serves is never touched, nor are the newest and the last productions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from builds.models import Build, Bundle, LogStream
from deployments import release_queue, routing
from deployments.cloud import queue
from deployments.models import (
    AgentStorage,
    Cause,
    CloudService,
    CloudVersion,
    Deployment,
    DeploymentStatus,
    Destination,
    Push,
    Route,
    RouteKind,
)
from projects.models import Environment, Project, Team, Variable

NEWEST_KEPT: Final = 10
PRODUCTIONS_KEPT: Final = 20
_AT_ONCE: Final = 200

_FAILED: Final = (DeploymentStatus.FAILED, DeploymentStatus.TIMED_OUT, DeploymentStatus.LOST)
_NEVER_RAN: Final = (DeploymentStatus.CANCELLED, DeploymentStatus.SUPERSEDED, DeploymentStatus.SKIPPED)


def expire_old(project: Project) -> int:
    """Expires what is past its time; returns how many. Their agents end, and their addresses answer 410."""
    expired = 0
    for deployment in _past_their_time(project).exclude(pk__in=kept(project))[:_AT_ONCE]:
        expired += _expire(deployment)
    return expired


def kept(project: Project) -> set[int]:
    """Primary keys of the deployments that no age takes: those with an alias, the newest, the last productions."""
    deployments = Deployment.objects.filter(project=project)
    newest = deployments.order_by("-pk").values_list("pk", flat=True)[:NEWEST_KEPT]
    productions = deployments.ready_in_production().order_by("-pk").values_list("pk", flat=True)[:PRODUCTIONS_KEPT]
    aliases = Route.objects.filter(project=project).exclude(kind=RouteKind.DEPLOYMENT)
    pointed = aliases.values_list("wanted", "observed", "canary")
    return {*newest, *productions, *(pk for several in pointed for pk in several if pk)}


def purge_deleted(team: Team) -> int:
    """Rows of projects that were deleted long enough ago to be sure about it."""
    cutoff = Now() - timedelta(days=settings.DELETED_PROJECT_DAYS)
    projects = list(Project.all_objects.for_team(team).filter(deleted_at__lt=cutoff))
    purged = [project for project in projects if not _has_services(project) and not _has_storages(project)]
    for project in purged:
        _purge(project)
    return len(purged)


def _has_services(project: Project) -> bool:
    """What still runs at a vendor needs its rows to be deleted by: that is tried again first."""
    services = list(CloudService.objects.living().filter(project=project).select_related("team"))
    for service in services:
        queue.delete(service)
    return bool(services)


def _has_storages(project: Project) -> bool:
    """The memory of its production too goes only now: until then a deletion is not to be regretted."""
    storages = list(AgentStorage.objects.living().filter(destination__project=project).select_related("team"))
    for storage in storages:
        queue.remove(storage)
    return bool(storages)


def _past_their_time(project: Project) -> QuerySet[Deployment]:
    late = Q()
    for days, which in _durations().items():
        late |= which & Q(created_at__lt=Now() - timedelta(days=days))
    rows: QuerySet[Deployment] = Deployment.objects.filter(late, project=project, expired_at=None).order_by("pk")
    return rows


def _durations() -> Mapping[int, Q]:
    ready = Q(status=DeploymentStatus.READY)
    pairs: Iterable[tuple[int, Q]] = (
        (settings.FAILED_DAYS, Q(status__in=_FAILED)),
        (settings.CANCELLED_DAYS, Q(status__in=_NEVER_RAN)),
        (settings.PREVIEW_DAYS, ready & ~Q(environment=Environment.PRODUCTION)),
        (settings.PRODUCTION_DAYS, ready & Q(environment=Environment.PRODUCTION)),
    )
    durations: dict[int, Q] = {}
    for days, which in pairs:
        durations[days] = durations.get(days, Q(pk__in=())) | which
    return durations


def _expire(deployment: Deployment) -> int:
    with transaction.atomic():
        Project.objects.select_for_update().filter(pk=deployment.project_id).first()  # as a rollback does
        if deployment.pk in kept(deployment.project):
            return 0  # somebody went back to it meanwhile
        return let_go(deployment)


def let_go(deployment: Deployment) -> int:
    """Its agent ends, its address answers 410, nothing holds its bundle any more; 1, or 0 where it was so before."""
    with transaction.atomic():
        for route in Route.objects.filter(wanted=deployment, kind=RouteKind.DEPLOYMENT):
            routing.point(route, None, Cause.TEARDOWN)
        rows = Deployment.objects.filter(pk=deployment.pk, expired_at=None)
        release_queue.retire(rows)
        for version in CloudVersion.objects.filter(deployment=deployment, gone_at=None).select_related("team"):
            queue.discard(version)
        expired: int = rows.update(expired_at=Now(), bundle=None)
        return expired


def _purge(project: Project) -> None:
    """In the order in which rows hold each other."""
    deployments = Deployment.objects.filter(project=project)
    streams = set(deployments.values_list("stream", flat=True)) | set(
        deployments.exclude(instance=None).values_list("instance__stream", flat=True)
    )
    streams |= set(CloudService.objects.filter(project=project, stream__isnull=False).values_list("stream", flat=True))
    streams |= set(Build.objects.filter(project=project).values_list("stream", flat=True))
    with transaction.atomic():
        Route.objects.filter(project=project).delete()
        for rows in (deployments, Build.objects.filter(project=project), Bundle.objects.filter(project=project)):
            rows.delete()
        Push.objects.filter(project=project).delete()
        Destination.objects.filter(project=project).delete()
        Variable.objects.filter(project=project).delete()
        # Their lines go with the next sweep of logs.
        LogStream.objects.filter(pk__in=streams).update(ended_at=Now() - timedelta(days=settings.LOG_DAYS + 1))
        project.delete()
