"""How a release comes up on Render: its variables, then a deploy, until whose health what served goes on serving."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from builds.runner.progress import Progress
from clients.agent_health import wait_until_healthy
from clients.render import Render, RenderService
from clients.vendor_api import heeding
from core.errors import CancelledError, PlatformError, ProjectError, UserError
from deployments.platforms.cloud import Memory, Release
from deployments.platforms.fetching import programs
from deployments.platforms.pauses import looks
from deployments.platforms.render_service import PROGRAMS, RELEASE, RenderConfig, environment, programs_digest

#: Render's own patience with a health check is a quarter of an hour.
_LIVE_SECONDS: Final = 1_200.0
_FAILED: Final = frozenset({"build_failed", "update_failed", "pre_deploy_failed", "canceled"})


@dataclass(frozen=True, slots=True)
class RenderPlace:
    """A service of ours, with the variables that it has now."""

    api: Render
    service: RenderService
    variables: Mapping[str, str]
    edge: str


def changed(
    place: RenderPlace, release: Release, config: RenderConfig, memory: Memory, progress: Progress, *, earlier: str = ""
) -> str:
    """Makes the release serve; returns the deploy's id. `earlier` is the deploy that it was before, if there is one."""
    deploy = memory.attempt.get("deploy") or _lost(place, release, memory)
    if not deploy:
        with progress.step("upload"):
            _prepared(place, release, config, memory)
        with progress.step("release"):
            deploy = _asked(place, earlier)
        memory.attempt.put(deploy=deploy)
    arrived(place, release, deploy, progress)
    memory.service.put(deploy=deploy, serving=release.deployment)
    return deploy


def arrived(place: RenderPlace, release: Release, deploy: str, progress: Progress) -> None:
    """Until the deploy serves. Where it fails or is cancelled, the variables are again those of what goes on serving: a
    restart of that would find the others."""
    try:
        with progress.step("health"):
            _live(place, deploy, progress)
        with progress.step("traffic"):
            wait_until_healthy(place.service.url, release.health_seconds, progress.check, edge=place.edge)
    except (UserError, CancelledError) as error:
        if isinstance(error, CancelledError):
            place.api.cancel(place.service.id, deploy)
        if place.variables.get(RELEASE) not in (None, release.deployment):
            place.api.set_variables(place.service.id, place.variables)
        raise


def _lost(place: RenderPlace, release: Release, memory: Memory) -> str:
    """The deploy of an attempt that did not hear of it: the newest, where that is not the one it had noted before it
    asked, or where the service was made with this release."""
    before = memory.attempt.get("before")
    if not before and place.variables.get(RELEASE) != release.deployment:
        return ""
    newest = _newest(place)
    return newest if newest != before else ""


def _prepared(place: RenderPlace, release: Release, config: RenderConfig, memory: Memory) -> None:
    if not memory.attempt.get("before"):
        memory.attempt.put(before=_newest(place) or "none")
    if place.service.plan != config.plan:
        place.api.change_plan(place.service.id, config.plan)
    if place.variables.get(PROGRAMS) != programs_digest():
        place.api.set_files(place.service.id, programs())
    place.api.set_variables(place.service.id, environment(release, config))


def _asked(place: RenderPlace, earlier: str) -> str:
    """Back to an earlier deploy it goes by the very image that this had, if Render still keeps it."""
    again = place.api.roll_back(place.service.id, earlier) if earlier else None
    return again or place.api.deploy(place.service.id)


def _newest(place: RenderPlace) -> str:
    return next((one.id for one in place.api.deploys(place.service.id)), "")


def _live(place: RenderPlace, id_: str, progress: Progress) -> None:
    for _look in looks(heeding(progress.check), seconds=_LIVE_SECONDS, first=0.3):
        deploy = place.api.deploy_of(place.service.id, id_)
        if deploy and deploy.status == "live":
            return
        if deploy is None or deploy.status in _FAILED:
            raise _unhealthy(place, deploy.status if deploy else "gone", progress)
        if deploy.status == "deactivated":
            raise PlatformError("vendor_failed", "Another deploy took its place at Render.", "Nothing to do.")
    raise PlatformError("vendor_failed", f"Render has not deployed it after {_LIVE_SECONDS:.0f} s.", "Redeploy.")


def _unhealthy(place: RenderPlace, status: str, progress: Progress) -> ProjectError:
    for line in place.api.log(place.service.owner, place.service.id, "")[-5:]:
        progress.line(line.text)
    return ProjectError(
        "release_unhealthy",
        f"Render did not bring the agent up: its deploy is {status.replace('_', ' ')}.",
        "Look at its log; a missing variable is the most frequent reason.",
    )
