"""The operation `report`: tells the code host how a deployment stands, as it is now and not as it was when asked.

commit status → deployment → check → pull requests. A team's reports go one after another; what the host has no time
for waits, and keeps the team's other reports waiting with it. How each is told: `deployments.report_telling`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import structlog
from django.db.models.functions import Greatest, Now
from django.utils import timezone

from clients.code_host_errors import CodeHostBusyError, CodeHostError
from core.errors import PlatformError, UserError
from deployments import report_facts, report_telling
from deployments.models import Deployment
from deployments.report_queue import KIND
from deployments.report_telling import Teller, Telling
from projects import code_hosts
from projects.leases import Lease, PostponedError
from projects.models import Operation, OperationStatus

log = structlog.get_logger(__name__)
_LONGEST_PAUSE_SECONDS: Final = 900
#: A host that was away for longer is told no more of what was long ago.
_PATIENCE: Final = timedelta(hours=24)


def run(lease: Lease) -> None:
    deployment: Deployment = Deployment.objects.with_everything().get(pk=lease.subject_id)
    reports = code_hosts.reports_of(deployment.project.repository)
    if reports is None:
        return
    try:
        _tell_all(Teller(lease, reports), deployment)
    except CodeHostBusyError as error:
        _postpone(lease, error.retry_after_seconds, error)
    except CodeHostError as error:
        tries = int(lease.operation.handle.get("tries", 0)) + 1
        lease.remember(tries=tries)
        _postpone(lease, min(2**tries, _LONGEST_PAUSE_SECONDS), error)


def _tell_all(teller: Teller, deployment: Deployment) -> None:
    """What the host will not take of one kind keeps it from none of the others. Raises the first such UserError."""
    refused: list[UserError] = []
    for tell in _tellings(deployment):
        try:
            tell(teller)
        except UserError as error:
            log.warning("report not taken", deployment=deployment.public_id, error=error.sentence)
            refused.append(error)
    if refused:
        raise refused[0]


def _tellings(deployment: Deployment) -> Iterator[Telling]:
    commit = report_facts.commit_of(deployment)
    yield report_telling.status(commit)
    yield report_telling.deployment(deployment)
    yield report_telling.check(commit)
    for pull_request in report_facts.pull_requests_of(deployment):
        yield report_telling.comment(pull_request)


def _postpone(lease: Lease, seconds: int, error: PlatformError) -> None:
    """Everything else that the team has to tell waits with it: asking on is what a rate limit punishes."""
    if timezone.now() - lease.operation.created_at > _PATIENCE:
        raise error
    log.info("report postponed", seconds=seconds, error=error.sentence)
    lease.remember(paused=True)
    waiting = Operation.objects.filter(team_id=lease.operation.team_id, kind=KIND, status=OperationStatus.QUEUED)
    waiting.update(due_at=Greatest("due_at", Now() + timedelta(seconds=seconds)))
    raise PostponedError(seconds) from error
