"""One release at Railway: settings and variables, an image, and the wait for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from builds.runner.progress import Progress
from clients.agent_health import wait_until_healthy
from clients.railway import is_missing
from clients.railway_services import Spot, State
from clients.vendor_api import VendorRefusedError, heeding
from core.errors import ProjectError, UserError
from deployments.platforms.cloud import Release, Version
from deployments.platforms.pauses import looks
from deployments.platforms.railway_place import Place
from deployments.platforms.tarball import TarFile, bundle_files, gzipped, tar
from deployments.platforms.variables import collection, last_words

_NODE: Final = "node --optimize-for-size"
#: The bundle's own names a VOLUME, which Railway refuses.
_DOCKERFILE: Final = b"""\
FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY . /app
CMD ["node", "--optimize-for-size", "index.mjs"]
"""
_BUILD_SECONDS: Final = 900
_UP: Final = frozenset({"SUCCESS", "SLEEPING"})
_FAILED: Final = frozenset({"FAILED", "CRASHED", "SKIPPED", "REMOVED", "REMOVING"})


@dataclass(frozen=True, slots=True)
class Run:
    """A release that is under way."""

    place: Place
    release: Release
    progress: Progress
    edge: str

    def brought_up(self) -> tuple[Version, str]:
        """The version, and the service's address."""
        with self.progress.step("prepare"):
            spot, state = self.place.made()
            address = self._prepared(spot, state)
        with self.progress.step("upload"):
            deployment = self._deployed(spot, state)
        self._finish(deployment, address)
        version = Version(deployment, details={"bundle": self.release.bundle.manifest.digest})
        self._note(deployment, version.id)
        return version, address

    def moved_to(self, version: Version) -> str:
        memory = self.place.memory
        spot, state = self.place.made()
        earlier = memory.service.get(f"made:{version.id}") or version.id
        if state.active and state.active[0] == earlier and self._variables(state) == dict(state.variables):
            return f"https://{state.domain}"
        deployment = self._rolled_back(spot, state, earlier)
        if not deployment:
            made, address = self.brought_up()
            self._note(made.id, version.id)
            return address
        address = f"https://{state.domain}"
        self._finish(deployment, address)
        self._note(deployment, version.id)
        return address

    def _prepared(self, spot: Spot, state: State) -> str:
        services, config = self.place.services, self.place.config
        variables, settings = self._variables(state), self._settings()
        is_set = all(state.settings.get(name) == value for name, value in settings.items())
        if variables != dict(state.variables) or not is_set:
            services.set(spot, variables, settings)
        if config.volume_path and config.volume_path not in state.volumes:
            services.add_volume(spot, config.volume_path, config.region)
        return f"https://{state.domain or services.add_domain(spot)}"

    def _variables(self, state: State) -> dict[str, str]:
        path = self.place.config.volume_path
        ours = {**({"DEXTO_STATE_DIR": path} if path else {}), **self.release.variables}
        return collection(state.variables, ours, self.release.service.mark)

    def _settings(self) -> Mapping[str, object]:
        config = self.place.config
        settings: dict[str, object] = {
            "startCommand": _start(config.volume_path),
            "healthcheckPath": "/health",
            "healthcheckTimeout": self.release.health_seconds,
            "sleepApplication": config.sleep,
        }
        return {**settings, "region": config.region} if config.region else settings

    def _deployed(self, spot: Spot, state: State) -> str:
        """A deployment of this release: the one that an earlier attempt began, or a new one."""
        memory = self.place.memory
        known = memory.attempt.get("deployment") or self._begun(state)
        deployment = known or self._again() or self._uploaded(spot)
        memory.attempt.put(deployment=deployment)
        return deployment

    def _begun(self, state: State) -> str:
        """What appeared since an earlier attempt asked for a deployment, whose answer was lost."""
        attempt, latest = self.place.memory.attempt, state.latest or "none"
        before = attempt.get("before")
        if not before:
            attempt.put(before=latest)
            return ""
        return "" if before == latest else latest

    def _again(self) -> str:
        """The same bundle's image with other variables, where Railway has it."""
        earlier = self.place.memory.service.get(self._bundle_key)
        if not earlier:
            return ""
        try:
            return self.place.services.redeploy(earlier)
        except VendorRefusedError as error:
            if error.code != "vendor_refused":
                raise
            return ""

    def _uploaded(self, spot: Spot) -> str:
        own = TarFile("Dockerfile", _DOCKERFILE)
        archive = gzipped(tar([own, *bundle_files(self.release.bundle, without=frozenset({"Dockerfile"}))]))
        self.progress.line(f"Uploading {len(archive):,} bytes to Railway.")
        return self.place.services.railway.upload(spot.project, spot.environment, spot.service, archive)

    def _rolled_back(self, spot: Spot, state: State, deployment: str) -> str:
        """The deployment that came of it, "" where Railway has the image no longer."""
        begun = self._begun(state)
        if begun:
            return begun
        services = self.place.services
        try:
            if not services.deployment(deployment).can_rollback:
                return ""
            services.roll_back(spot, deployment, self._variables(state))
        except UserError as error:
            if is_missing(error):
                return ""
            raise
        return services.state(spot).latest

    def _finish(self, deployment: str, address: str) -> None:
        with self.progress.step("release"):
            self._wait(deployment)
        with self.progress.step("health"):
            wait_until_healthy(address, self.release.health_seconds, self.progress.check, edge=self.edge)

    def _wait(self, deployment: str) -> None:
        """Railway builds, asks /health itself, and moves the traffic. Raises ProjectError release_unhealthy."""
        said = ""
        for _look in looks(heeding(self.progress.check), seconds=_BUILD_SECONDS + self.release.health_seconds):
            status = self.place.services.deployment(deployment).status
            if status in _UP:
                return
            if status != said:
                self.progress.line(f"Railway: {status.lower()}")
            if status in _FAILED:
                break
            said = status
        raise self._unhealthy(deployment, status)

    def _unhealthy(self, deployment: str, status: str) -> ProjectError:
        services = self.place.services
        if status not in _FAILED:
            services.cancel(deployment)
        lines = [text for _, text in services.logs(deployment, None, 50)]
        words = last_words(lines, self.release)
        reason = f"Its log ends with: {words}" if words else "Its log is empty."
        return ProjectError(
            "release_unhealthy",
            f"The agent did not become healthy at Railway ({status.lower()}). {reason}",
            "Look at the agent's log; a missing variable is the most frequent reason.",
        )

    def _note(self, deployment: str, version: str) -> None:
        ids = {"serving": deployment, "version": version, f"made:{version}": deployment, self._bundle_key: deployment}
        self.place.memory.service.put(**ids)

    @property
    def _bundle_key(self) -> str:
        return f"bundle:{self.release.bundle.manifest.digest[:32]}"


def _start(volume: str) -> str:
    """Paths that a project leaves relative are files to keep. No shell reads the command of an image."""
    return f'/bin/sh -c "cd {volume} && exec {_NODE} /app/index.mjs"' if volume else f"{_NODE} index.mjs"
