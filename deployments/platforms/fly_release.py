"""How a release comes up on Fly: beside the one that serves, which is stopped afterwards and kept for a rollback; or in
its place, with a volume, which one machine alone can have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

from builds.runner.progress import Progress
from clients.agent_health import wait_until_healthy
from clients.fly import Fly, FlyMachine
from clients.vendor_api import heeding
from core.errors import CancelledError, ProjectError, UserError
from deployments.platforms.cloud import Release
from deployments.platforms.fly_machine import (
    DEPLOYMENT,
    MARK,
    VOLUME,
    FlyConfig,
    machine_config,
    secret_name,
    secret_value,
)
from deployments.platforms.pauses import looks

#: An image that was never on the host is fetched first.
_START_SECONDS: Final = 180.0
_ENDED: Final = frozenset({"stopped", "failed", "destroyed"})


@dataclass(frozen=True, slots=True)
class FlyPlace:
    """An app, and where it is asked for from outside."""

    api: Fly
    app: str
    mark: str
    edge: str

    @property
    def address(self) -> str:
        return f"https://{self.app}.fly.dev"

    def machines(self) -> list[FlyMachine]:
        return [one for one in self.api.machines(self.app) if one.metadata.get(MARK) == self.mark]


def brought_up(
    place: FlyPlace,
    release: Release,
    config: FlyConfig,
    machines: list[FlyMachine],
    progress: Progress,
    *,
    is_new: bool,
) -> FlyMachine:
    """Its machine, well and serving nobody yet; made where it is not there. One `is_new` that is not well, or is no
    longer wanted, is destroyed, an earlier one stopped."""
    api, app = place.api, place.app
    machine = machine_of(machines, release.deployment)
    with progress.step("release"):
        if machine is None:
            api.set_secret(app, secret_name(release.deployment), secret_value(release))
            machine = api.create_machine(app, machine_config(release, config), region=config.region, is_cordoned=True)
        elif machine.state in _ENDED:
            api.act(app, machine.id, "start")
    with progress.step("health"):
        try:
            return _well(place, machine.id, release.health_seconds, progress)
        except (UserError, CancelledError):
            if machine.is_cordoned and is_new:
                api.destroy_machine(app, machine.id)
                api.delete_secret(app, secret_name(release.deployment))
            elif machine.is_cordoned:
                api.act(app, machine.id, "stop")
            raise


def take_traffic(
    place: FlyPlace, machine: FlyMachine, machines: list[FlyMachine], seconds: int, progress: Progress
) -> None:
    """Both answer for a moment: nobody is without an answer. Who serves no longer ends its turns and sleeps."""
    with progress.step("traffic"):
        if machine.is_cordoned:
            place.api.act(place.app, machine.id, "uncordon")
        wait_until_healthy(place.address, seconds, progress.check, edge=place.edge)
        for other in machines:
            if other.id != machine.id and not other.is_cordoned:
                place.api.act(place.app, other.id, "cordon")
                place.api.act(place.app, other.id, "stop")


def replaced(
    place: FlyPlace, release: Release, config: FlyConfig, machines: list[FlyMachine], progress: Progress
) -> None:
    """The one machine with this release's config; with the one before where that is not well."""
    with progress.step("release"):
        place.api.set_secret(place.app, secret_name(release.deployment), secret_value(release))
        volume = _volume(place, config)
        wanted = machine_config(release, config, volume)
        if not machines:
            made = place.api.create_machine(place.app, wanted, region=config.region, is_cordoned=False)
            machines = [made]
    with progress.step("traffic"), _leased(place, machines[0].id) as nonce:
        if machines[0].metadata.get(DEPLOYMENT) != release.deployment:
            place.api.update_machine(place.app, machines[0].id, wanted, nonce)
        try:
            _well(place, machines[0].id, release.health_seconds, progress)
        except UserError:
            _put_back(place, machines[0].id, release, nonce, progress)
            raise
        wait_until_healthy(place.address, release.health_seconds, progress.check, edge=place.edge)


def machine_of(machines: list[FlyMachine], deployment: str) -> FlyMachine | None:
    return next((one for one in machines if one.metadata.get(DEPLOYMENT) == deployment), None)


def _well(place: FlyPlace, id_: str, seconds: int, progress: Progress) -> FlyMachine:
    """By Fly's own checks. Raises ProjectError release_unhealthy."""
    pause = heeding(progress.check)
    for _look in looks(pause, seconds=_START_SECONDS, first=0.25, longest=2.0):
        machine = place.api.machine(place.app, id_)
        if machine.state == "started" or _has_ended(machine):
            break
    for _look in looks(pause, seconds=seconds, first=0.25, longest=2.0):
        if machine.state == "started" and machine.is_passing:
            return machine
        if _has_ended(machine):
            break
        machine = place.api.machine(place.app, id_)
    raise _unhealthy(place, machine, seconds, progress)


def _has_ended(machine: FlyMachine) -> bool:
    return machine.state in _ENDED and machine.exit_code is not None


def _unhealthy(place: FlyPlace, machine: FlyMachine, seconds: int, progress: Progress) -> ProjectError:
    for line in place.api.log(place.app, "")[0][-5:]:
        progress.line(line.text)
    because = f"its machine is {machine.state}"
    if machine.exit_code is not None:
        because = f"it ended with exit code {machine.exit_code}"
    return ProjectError(
        "release_unhealthy",
        f"The agent is not healthy at Fly.io after {seconds} s: {because}.",
        "Look at its log; a missing variable is the most frequent reason.",
    )


def _volume(place: FlyPlace, config: FlyConfig) -> str:
    if config.volume is None:
        return ""
    found = next((one for one in place.api.volumes(place.app) if one.name == VOLUME), None)
    if found is None:
        found = place.api.create_volume(place.app, VOLUME, size_gb=config.volume.size_gb, region=config.region)
    return found.id


@contextmanager
def _leased(place: FlyPlace, id_: str) -> Iterator[str]:
    nonce = place.api.lease(place.app, id_)
    try:
        yield nonce
    finally:
        place.api.give_back(place.app, id_, nonce)


def _put_back(place: FlyPlace, id_: str, release: Release, nonce: str, progress: Progress) -> None:
    """The whole config that it had before this release; also after a crash, as Fly keeps them."""
    for earlier in place.api.earlier_configs(place.app, id_):
        if _deployment_in(earlier) not in ("", release.deployment):
            progress.line(f"Going back to {_deployment_in(earlier)}.")
            place.api.update_machine(place.app, id_, earlier, nonce)
            with suppress(UserError):
                _well(place, id_, release.health_seconds, progress)
            return


def _deployment_in(config: Mapping[str, Any]) -> str:
    return str((config.get("metadata") or {}).get(DEPLOYMENT, ""))
