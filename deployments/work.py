"""Registers what deployments do and what they listen to."""

from __future__ import annotations

from builds.ending import DECLARED, ENDED, STARTED
from deployments import changes, declaring, pipeline, proving, release, release_queue, report_queue
from deployments.cloud import moving, queue, storing, tidying
from deployments.notifying import happenings, listening
from deployments.notifying import queue as notify_queue
from projects import operations, outbox

operations.register(operations.Kind(release_queue.KIND, run="deployments.release.run", ended=release.ended))
operations.register(
    operations.Kind(
        report_queue.KIND,
        run="deployments.reporting.run",
        worker_slots=lambda: 1,
        team_slots=lambda: 1,
        may_repeat=True,
    )
)
operations.register(
    operations.Kind(queue.LOG, run="deployments.cloud.following.run", worker_slots=lambda: 2, team_slots=lambda: 2)
)
operations.register(operations.Kind(queue.MOVE, run="deployments.cloud.moving.run", ended=moving.ended))
operations.register(
    operations.Kind(queue.DELETE, run="deployments.cloud.tidying.delete", ended=tidying.ended, may_repeat=True)
)
operations.register(operations.Kind(queue.DISCARD, run="deployments.cloud.tidying.discard", may_repeat=True))
operations.register(
    operations.Kind(queue.INSPECT, run="deployments.cloud.tidying.inspect", ended=tidying.ended, may_repeat=True)
)
operations.register(
    operations.Kind(queue.REMOVE, run="deployments.cloud.storing.remove", ended=storing.ended, may_repeat=True)
)
operations.register(operations.Kind(queue.DOMAIN, run="deployments.proving.run", ended=proving.ended, may_repeat=True))
operations.register(
    operations.Kind(
        notify_queue.KIND,
        run="deployments.notifying.telling.run",
        worker_slots=lambda: 4,
        team_slots=lambda: 2,
        may_repeat=True,
    )
)
outbox.subscribe(changes.CHANGED, report_queue.on_changed)
outbox.subscribe(happenings.HAPPENED, listening.on_happened)
outbox.subscribe(DECLARED, declaring.on_declared)
outbox.subscribe(STARTED, pipeline.on_build_started)
outbox.subscribe(ENDED, pipeline.on_build_ended)
