"""A release to a Worker: uploaded as a version, tried beside what serves, and moved to when it is well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from builds.runner.progress import Progress
from clients.agent_health import wait_until_healthy
from clients.cloudflare_workers import Script
from core.errors import DextoError, UserError
from deployments.platforms.cloud import Release, Released, Share, Version
from deployments.platforms.cloudflare_place import Place
from deployments.platforms.cloudflare_upload import (
    migration_tag,
    pending_migrations,
    version_upload,
    whole_upload,
    wrangler_of,
)

#: A request with this header is for one version of those that are deployed, at any percentage.
_OVERRIDES = "Cloudflare-Workers-Version-Overrides"


@dataclass(frozen=True, slots=True)
class Releasing:
    place: Place
    progress: Progress
    edge: str = ""

    def release(self, release: Release, script: Script | None) -> Released:
        if script is None:
            self.place.memory.service.put(open="")  # it may have been deleted at Cloudflare, with its address
        elif not release.serves and self._must_put(release, script):
            return Released(_version(release, ""), self._current_address())
        with self.progress.step("release"):
            id_ = self._made(release, script)
        if not release.serves:
            return Released(_version(release, id_), self._current_address())
        self._serve({id_: 100}, release, tried=script is not None)
        return Released(_version(release, id_), self.place.address())

    def move(self, shares: Sequence[Share]) -> str:
        """Each version brings its variables: it is one call, and no upload."""
        script = self.place.own_script()
        if script is None:
            raise UserError("version_gone", "The Worker is no longer at Cloudflare.", "Redeploy the commit instead.")
        ids = {self._id_of(one, script): one.percent for one in shares}
        self._serve(ids, shares[0].release, tried=False)
        return self.place.address()

    def _id_of(self, share: Share, script: Script) -> str:
        """A version that waits for a migration is uploaded as it is moved to."""
        return share.version.details.get("version") or self._made(share.release, script)

    def _must_put(self, release: Release, script: Script | None) -> bool:
        if script is None:
            return True
        return pending_migrations(wrangler_of(release.bundle), script.migration) is not None

    def _made(self, release: Release, script: Script | None) -> str:
        """The version's id. An attempt that began to upload is looked for before anything is uploaded again."""
        place, noted = self.place, self.place.memory.attempt
        if script is not None:
            known = noted.get("version")
            if not known and noted.get("uploading"):
                known = place.workers.version_tagged(place.name, release.deployment)
            if known:
                noted.put(version=known)
                return known
        noted.put(uploading=release.deployment)
        if self._must_put(release, script):
            self.progress.line(f"The Worker {place.name} is uploaded as a whole, with its Durable Objects' migrations.")
            made = place.workers.put(place.name, whole_upload(place, release, script))
        else:
            made = place.workers.add_version(place.name, version_upload(place, release))
        noted.put(version=made)
        return made

    def _serve(self, wanted: Mapping[str, int], release: Release, *, tried: bool) -> None:
        """A version that is new is tried beside what serves; one that was there is moved to at once."""
        place = self.place
        before = place.workers.deployed(place.name)
        is_open = bool(place.memory.service.get("open"))
        if tried and is_open and len(before) == 1 and before != wanted:
            self._try(next(iter(wanted)), before, release)
            self._traffic(wanted, release)
        else:
            self._move(wanted, before, release)

    def _move(self, wanted: Mapping[str, int], before: Mapping[str, int], release: Release) -> None:
        """At once. What served serves again where the agent is not well then."""
        if before != wanted:
            self._traffic(wanted, release)
        self._open()
        try:
            self._healthy(release)
        except DextoError:
            if before and before != wanted:
                self.place.workers.deploy(self.place.name, before, f"{release.deployment} is not healthy")
            raise

    def _try(self, version: str, before: Mapping[str, int], release: Release) -> None:
        """Beside what serves, for requests that ask for it only."""
        place = self.place
        place.workers.deploy(place.name, {**before, version: 0}, f"{release.deployment} is tried")
        try:
            self._healthy(release, {_OVERRIDES: f'{place.name}="{version}"'})
        except DextoError:
            place.workers.deploy(place.name, before, f"{release.deployment} is not healthy")
            raise

    def _healthy(self, release: Release, headers: Mapping[str, str] | None = None) -> None:
        with self.progress.step("health"):
            address, seconds = self.place.address(), release.health_seconds
            wait_until_healthy(address, seconds, self.progress.check, edge=self.edge, headers=headers)

    def _traffic(self, wanted: Mapping[str, int], release: Release) -> None:
        with self.progress.step("traffic"):
            if self.place.workers.deploy(self.place.name, wanted, release.deployment):
                self.progress.line("Secrets were changed at Cloudflare since; the version's own are back.")

    def _open(self) -> None:
        noted = self.place.memory.service
        if not noted.get("open"):
            self.place.workers.open(self.place.name)
            noted.put(open=self.place.name)

    def _current_address(self) -> str:
        return self.place.address() if self.place.memory.service.get("open") else ""


def _version(release: Release, id_: str) -> Version:
    """One that is not uploaded yet is known by its deployment."""
    tag = migration_tag(release.bundle)
    return Version(id_ or release.deployment, details={"migration": tag, **({"version": id_} if id_ else {})})
