"""The end of a build, and who hears of it."""

from __future__ import annotations

from django.db.models import QuerySet
from django.db.models.functions import Now

from builds import logs
from builds.models import BUILD_STATES, Build, BuildStatus
from projects import outbox

STARTED = "build.started"
DECLARED = "build.declared"  # which destinations its commit declares, each as deployment.yml has it
ENDED = "build.ended"


def end(row: Build, status: BuildStatus, **values: object) -> None:
    if BUILD_STATES.move(only(row), to=status, finished_at=Now(), **values):
        logs.end_stream(row.stream)
        outbox.record(row.team, ENDED, build=row.pk)


def only(row: Build) -> QuerySet[Build]:
    return Build.objects.filter(pk=row.pk)
