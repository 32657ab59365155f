"""Registers the operation `build`, and says how one ends. What carries it out is in `builds.building`."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings

from builds import code_host_source, logs, sources
from builds.actions import KIND
from builds.ending import end
from builds.models import Build, BuildStatus
from projects import operations
from projects.models import Operation, OperationStatus


def ended(operation: Operation, ending: operations.Ending) -> None:
    """Failed, cancelled, timed out or lost: in the transaction that ends the operation."""
    row = Build.objects.select_related("team", "stream").get(pk=operation.subject_id)
    logs.append(row.stream, [logs.entry("", _last_words(ending))])
    end(row, _STATUS[ending.status], error=ending.error)


_STATUS: Mapping[OperationStatus, BuildStatus] = {
    OperationStatus.FAILED: BuildStatus.FAILED,
    OperationStatus.CANCELLED: BuildStatus.CANCELLED,
    OperationStatus.TIMED_OUT: BuildStatus.TIMED_OUT,
    OperationStatus.LOST: BuildStatus.LOST,
}


def _last_words(ending: operations.Ending) -> str:
    return f"{ending.error['message']} {ending.error['hint']}".strip()


operations.register(
    operations.Kind(
        KIND,
        run="builds.building.run",
        ended=ended,
        worker_slots=lambda: int(settings.BUILD_SLOTS),
        team_slots=lambda: int(settings.TEAM_BUILD_SLOTS),
    )
)
sources.register(sources.ANY_CODE_HOST, code_host_source.source)
