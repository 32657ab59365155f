"""local: the bundle runs as a process on one of this installation's nodes."""

from __future__ import annotations

import time
from threading import Event

from builds.runner.progress import Progress
from core.errors import AwayError, PlatformError, ProjectError
from deployments.platforms.contract import InstanceControl, PlatformTraits, ReleaseSpec, Verified

TRAITS = PlatformTraits(
    version_urls=True,
    canary=False,
    native_rollback=True,
    live_logs=True,
    scale_to_zero=True,
    domains=True,
    verified=Verified.HERE,
)
_FIRST_LOOK_SECONDS = 0.02
_LATER_LOOK_SECONDS = 0.05


def release(spec: ReleaseSpec, instances: InstanceControl, progress: Progress) -> None:
    """Returns once the agent is healthy. Raises ProjectError when it does not start."""
    with progress.step("start"):
        _want_running(spec, instances, progress)
        progress.line("Waiting for the agent to start and to answer /health.")
        _wait_until_healthy(spec, instances, progress)
        progress.line("The agent answers.")


def _want_running(spec: ReleaseSpec, instances: InstanceControl, progress: Progress) -> None:
    """A node that is started anew is away for some seconds: that is no failure of the deployment."""
    deadline = time.monotonic() + spec.node_seconds
    while True:
        try:
            instances.want_running(spec.deployment_id)
        except PlatformError as error:
            if error.code != "no_node" or time.monotonic() >= deadline:
                raise
            progress.check()
            Event().wait(_LATER_LOOK_SECONDS)
        else:
            return


def _wait_until_healthy(spec: ReleaseSpec, instances: InstanceControl, progress: Progress) -> None:
    deadline = time.monotonic() + spec.health_seconds * 2  # the node's own limit strikes first
    pause = _FIRST_LOOK_SECONDS
    while True:
        state = instances.state(spec.deployment_id)
        if state.observed == "running":
            return
        if state.observed == "failed" and state.error:
            raise ProjectError(state.error["code"], state.error["message"], state.error["hint"])
        if time.monotonic() > deadline:
            if state.error:  # it is tried again and again: an engine is away
                raise AwayError(state.error["code"], state.error["message"], state.error["hint"])
            raise PlatformError(
                "node_silent",
                "No node started the agent in time.",
                "Check that `dexto-cloud node` runs on the agents' machine.",
            )
        progress.check()
        Event().wait(pause)
        pause = min(pause * 1.2, _LATER_LOOK_SECONDS)
