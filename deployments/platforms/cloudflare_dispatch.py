"""Agents in a namespace of Workers for Platforms: no versions there, so that a release and a rollback both upload."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from builds.runner.progress import Progress
from clients.agent_health import wait_until_healthy
from clients.cloudflare_workers import Dispatched, Script
from core.errors import UserError
from deployments.platforms.cloud import Release, Released, Share, Version
from deployments.platforms.cloudflare_bucket import prepare_bucket, upload_objects
from deployments.platforms.cloudflare_place import Place
from deployments.platforms.cloudflare_upload import migration_tag, whole_upload

#: A tag of the Worker: which deployment it runs.
SERVES = "deployment:"


@dataclass(frozen=True, slots=True)
class Dispatching:
    place: Place
    namespace: Dispatched
    progress: Progress
    edge: str = ""

    def release(self, release: Release, script: Script | None) -> Released:
        """What does not serve is not uploaded: it would serve at once."""
        version = Version(release.deployment, details={"migration": migration_tag(release.bundle)})
        address = self.place.address()
        if not release.serves:
            return Released(version, address if script else "")
        self._put(release, script)
        return Released(version, address)

    def move(self, shares: Sequence[Share]) -> str:
        if len(shares) > 1:
            raise UserError(
                "vendor_refused",
                "Workers for Platforms has no gradual deployments.",
                "Move all traffic at once, or deploy without a dispatch_namespace.",
            )
        prepare_bucket(self.place)
        upload_objects(self.place, shares[0].release.bundle)
        self._put(shares[0].release, self.place.own_script())
        return self.place.address()

    def _put(self, release: Release, script: Script | None) -> None:
        with self.progress.step("release"):
            self.namespace.ensure()
            if script is None or f"{SERVES}{release.deployment}" not in script.tags:
                self.namespace.put(self.place.name, whole_upload(self.place, release, script))
        with self.progress.step("health"):
            address, seconds = self.place.address(), release.health_seconds
            wait_until_healthy(address, seconds, self.progress.check, edge=self.edge)


def serving(script: Script) -> dict[str, int]:
    """The share of the deployment that the Worker says it is."""
    found = (tag.removeprefix(SERVES) for tag in script.tags if tag.startswith(SERVES))
    return dict.fromkeys(found, 100)
