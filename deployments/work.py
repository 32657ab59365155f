"""Registers what deployments do and what they listen to."""

from __future__ import annotations

from builds import work as build_work
from deployments import pipeline, release, release_queue
from projects import operations, outbox

operations.register(operations.Kind(release_queue.KIND, run=release.run, ended=release.ended))
outbox.subscribe(build_work.STARTED, pipeline.on_build_started)
outbox.subscribe(build_work.ENDED, pipeline.on_build_ended)
