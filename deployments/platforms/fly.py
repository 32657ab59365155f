"""fly: an app for each service, a machine for each release, which fetches its bundle and sleeps while nobody asks."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from builds.runner.progress import Progress
from clients.fly import Fly
from clients.vendor_api import VendorRefusedError, heeding
from core.errors import UserError
from core.findings import Finding
from deployments.platforms.cloud import (
    AccountCheck,
    CloudModule,
    CredentialField,
    Domain,
    Endpoints,
    LogLine,
    Memory,
    Observed,
    Release,
    Released,
    Service,
    Share,
    Version,
)
from deployments.platforms.contract import PlatformTraits
from deployments.platforms.destination_config import config_of, stop_at_errors
from deployments.platforms.fetching import fetching_problems
from deployments.platforms.fly_domains import attached, stated
from deployments.platforms.fly_machine import CONFIG, DEPLOYMENT, FlyConfig, app_name, network_of, secret_name
from deployments.platforms.fly_release import FlyPlace, brought_up, machine_of, replaced, take_traffic

TRAITS = PlatformTraits(
    version_urls=False,
    canary=False,
    native_rollback=True,
    live_logs=True,
    volumes=True,
    scale_to_zero=True,
    domains=True,
    fetches=True,
)
_ADDRESSES: Final = ("shared_v4", "v6")
_LOG_SECONDS: Final = 1.5


@dataclass(frozen=True, slots=True)
class FlyPlatform:
    token: str = field(repr=False)
    org: str
    endpoints: Endpoints

    def check(self) -> AccountCheck:
        try:
            self._api().apps(self.org)
        except VendorRefusedError as error:
            if error.refusal.status != 404:
                raise
            return AccountCheck(self.org, self.org, (), (f"The token sees no organization {self.org}.",))
        return AccountCheck(self.org, self.org, ("make apps", "run machines", "attach domains", "read logs"))

    def problems(self, release: Release) -> Iterator[Finding]:
        try:
            config_of(FlyConfig, release.service.config)
        except UserError as error:
            yield error.as_finding()
        yield from fetching_problems(release, is_test=bool(self.endpoints.api))

    def release(self, release: Release, memory: Memory, progress: Progress) -> Released:
        with progress.step("prepare"):
            stop_at_errors(self.problems(release))
            place, is_new = self._prepared(release.service, memory, progress)
            config = config_of(FlyConfig, release.service.config)
            machines = [] if is_new else place.machines()
        version = Version(release.deployment)
        if config.volume:
            if release.serves:
                replaced(place, release, config, machines, progress)
            return Released(version, place.address if machines or release.serves else "")
        machine = brought_up(place, release, config, machines, progress, is_new=True)
        if release.serves:
            take_traffic(place, machine, machines, release.health_seconds, progress)
        elif machine.is_cordoned:
            place.api.act(place.app, machine.id, "stop")
        is_served = release.serves or any(not one.is_cordoned for one in machines)
        return Released(version, place.address if is_served else "")

    def move(self, service: Service, shares: Sequence[Share], memory: Memory, progress: Progress) -> str:
        """Fly keeps the machine of each release, stopped; where it is gone, the release makes it again."""
        release = shares[0].release
        place, is_new = self._prepared(service, memory, progress)
        config = config_of(FlyConfig, service.config)
        machines = [] if is_new else place.machines()
        if config.volume:
            replaced(place, release, config, machines, progress)
        else:
            machine = brought_up(place, release, config, machines, progress, is_new=False)
            take_traffic(place, machine, machines, release.health_seconds, progress)
        return place.address

    def refusal(self, service: Service, current: Version, target: Version) -> UserError | None:  # noqa: ARG002
        return None

    def attach_domain(self, service: Service, hostname: str, memory: Memory) -> Domain:  # noqa: ARG002
        place = self._served(service)
        return attached(place.api, place.app, hostname)

    def domain(self, service: Service, hostname: str, memory: Memory) -> Domain:  # noqa: ARG002
        place = self._served(service)
        return stated(place.api, place.app, hostname)

    def detach_domain(self, service: Service, hostname: str, memory: Memory) -> None:  # noqa: ARG002
        if place := self._ours(service):
            place.api.delete_certificate(place.app, hostname)

    def logs(self, service: Service, since: datetime | None, memory: Memory) -> Iterator[LogLine]:  # noqa: ARG002
        place, token = self._ours(service), ""
        while place:
            lines, token = place.api.log(place.app, token)
            for line in lines:
                at = datetime.fromisoformat(line.at)
                if since is None or at >= since:
                    yield LogLine(at, line.text, line.id)
            time.sleep(_LOG_SECONDS)

    def inspect(self, service: Service, memory: Memory) -> Observed:  # noqa: ARG002
        place = self._ours(service)
        if place is None:
            return Observed(False)
        serving = sorted({one.metadata.get(DEPLOYMENT, "") for one in place.machines() if not one.is_cordoned})
        if not serving:
            return Observed(True, missing=("No machine serves.",))
        return Observed(True, place.address, {deployment: 100 // len(serving) for deployment in serving})

    def discard(self, service: Service, version: Version, memory: Memory) -> None:  # noqa: ARG002
        place = self._ours(service)
        machines = place.machines() if place else []
        machine = machine_of(machines, version.id)
        if place and machine and machine.is_cordoned:
            place.api.destroy_machine(place.app, machine.id)
            place.api.delete_secret(place.app, secret_name(version.id))

    def delete(self, service: Service, memory: Memory) -> None:  # noqa: ARG002
        """Machines, volumes, secrets, addresses and certificates go with the app."""
        if place := self._ours(service):
            place.api.delete_app(place.app)

    def _prepared(self, service: Service, memory: Memory, progress: Progress) -> tuple[FlyPlace, bool]:
        """The app with its addresses, and whether it was made just now."""
        place = self._ours(service, progress)
        is_new = place is None
        if place is None:
            place = self._made(service, progress)
        has = () if is_new else _ADDRESSES if memory.service.get("addresses") else place.api.addresses(place.app)
        for kind in _ADDRESSES:
            if kind not in has:
                place.api.assign_address(place.app, kind)
        memory.service.put(app=place.app, addresses="yes")
        return place, is_new

    def _made(self, service: Service, progress: Progress) -> FlyPlace:
        place, config = self._place(service, progress), config_of(FlyConfig, service.config)
        progress.line(f"Making the app {place.app}.")
        if not place.api.create_app(place.app, config.org or self.org, network_of(service)):
            raise UserError(
                "service_name_taken",
                f"At Fly.io somebody has an app {place.app} already.",
                "Set config.name to another name, or delete the app there if it is yours.",
            )
        return place

    def _ours(self, service: Service, progress: Progress | None = None) -> FlyPlace | None:
        """None where there is none of ours by its name; somebody else's by it is no concern of ours."""
        place, config = self._place(service, progress), config_of(FlyConfig, service.config)
        found = (one for one in place.api.apps(config.org or self.org) if one.name == place.app)
        return place if any(one.network == network_of(service) for one in found) else None

    def _served(self, service: Service) -> FlyPlace:
        place = self._ours(service)
        if place is None:
            raise UserError("version_gone", "The app is not at Fly.io.", "Redeploy the commit first.")
        return place

    def _place(self, service: Service, progress: Progress | None) -> FlyPlace:
        name = app_name(service, config_of(FlyConfig, service.config))
        return FlyPlace(self._api(progress), name, service.mark, self.endpoints.edge)

    def _api(self, progress: Progress | None = None) -> Fly:
        pause = heeding(progress.check) if progress else time.sleep
        return Fly(self.token, address=self.endpoints.api, pause=pause)


def connect(credential: Mapping[str, str], endpoints: Endpoints) -> FlyPlatform:
    return FlyPlatform(credential["token"], credential.get("org") or "personal", endpoints)


MODULE = CloudModule(
    TRAITS,
    (
        CredentialField("token", "Token", "`fly tokens create org`; one of an app may not make others."),
        CredentialField("org", "Organization", "Its slug; personal if empty.", is_secret=False, is_required=False),
    ),
    connect,
    CONFIG,
)
