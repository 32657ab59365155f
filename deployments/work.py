"""Registers what deployments do and what they listen to."""

from __future__ import annotations

from builds.ending import ENDED, STARTED
from deployments import changes, pipeline, release, release_queue, report_queue
from projects import operations, outbox

operations.register(operations.Kind(release_queue.KIND, run="deployments.release.run", ended=release.ended))
operations.register(
    operations.Kind(report_queue.KIND, run="deployments.reporting.run", worker_slots=lambda: 1, team_slots=lambda: 1)
)
outbox.subscribe(changes.CHANGED, report_queue.on_changed)
outbox.subscribe(STARTED, pipeline.on_build_started)
outbox.subscribe(ENDED, pipeline.on_build_ended)
