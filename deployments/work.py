"""Registers what deployments do and what they listen to."""

from __future__ import annotations

from builds.ending import ENDED, STARTED
from deployments import pipeline, release, release_queue
from projects import operations, outbox

operations.register(operations.Kind(release_queue.KIND, run="deployments.release.run", ended=release.ended))
outbox.subscribe(STARTED, pipeline.on_build_started)
outbox.subscribe(ENDED, pipeline.on_build_ended)
