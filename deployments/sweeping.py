"""The sweep: everything that the platform keeps for a while and then no longer, one team after another."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Final

import structlog
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from builds import sweeping
from core.errors import DextoError
from deployments import retention
from deployments.models import AgentHour, AgentMinute, Notification, NotificationStatus
from deployments.notifying import queue as notify_queue
from projects.models import AnsweredRequest, Operation, OutboxEvent, Project, Team

log = structlog.get_logger(__name__)
_LOCK: Final = "sweep"


def sweep_all() -> dict[str, int]:
    """What was removed, by kind. One sweep at a time; a team whose sweep fails is tried again by the next."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [_LOCK])
        if not cursor.fetchone()[0]:
            return {}
        try:
            return dict(_swept())
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [_LOCK])


def _swept() -> Counter[str]:
    removed: Counter[str] = Counter()
    for team in Team.objects.order_by("pk"):
        try:
            removed += _sweep_team(team)
        except DextoError as error:
            log.error("a team was not swept", team=team.slug, code=error.code, error=str(error))
    removed["minutes"], removed["hours"] = _sweep_counts()
    removed["rows"] = _sweep_rows()
    notify_queue.ask_for_forgotten()
    log.info("swept", **removed)
    return removed


def _sweep_team(team: Team) -> Counter[str]:
    expired = sum(retention.expire_old(project) for project in Project.objects.for_team(team))
    return Counter(
        projects=retention.purge_deleted(team),
        deployments=expired,
        bundles=sweeping.sweep_bundles(team),
        blob_bytes=sweeping.sweep_blobs(team),
        logs=sweeping.sweep_logs(team),
        orphans=sweeping.sweep_orphans(team),
    )


def _sweep_rows() -> int:
    """What was done, and is of no interest any more."""
    cutoff = Now() - timedelta(days=settings.LEDGER_DAYS)
    events, _by_kind = OutboxEvent.objects.filter(dispatched_at__lt=cutoff).delete()
    operations, _by_kind = Operation.objects.filter(finished_at__lt=cutoff).delete()
    answers, _by_kind = AnsweredRequest.objects.filter(created_at__lt=cutoff).delete()
    ended = Notification.objects.exclude(status=NotificationStatus.WAITING)
    told, _by_kind = ended.filter(created_at__lt=cutoff).delete()
    return events + operations + answers + told


def _sweep_counts() -> tuple[int, int]:
    cutoff = Now() - timedelta(days=settings.METRIC_DAYS)
    minutes, _by_kind = AgentMinute.objects.filter(at__lt=cutoff).delete()
    hours, _by_kind = AgentHour.objects.filter(at__lt=cutoff).delete()
    return minutes, hours
