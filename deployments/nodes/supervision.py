"""Starting and stopping one agent: from a row to a process that answers, and back."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import structlog
from django.conf import settings

from builds.models import Blob, Bundle
from builds.storage import object_store
from builds.upload import BlobPlace
from core.targets import Target
from deployments.addresses import agent_socket
from deployments.models import Deployment, Instance
from deployments.nodes import agent_process
from deployments.nodes.agent_process import AgentSpec, ProcessId
from deployments.nodes.bundle_cache import BundleCache, Wish, corrupt
from deployments.nodes.confinement import confinement
from deployments.runners import RUNNERS
from deployments.runners.contract import Listen, RunSpec
from deployments.variables import identity_of, unsealed_for_start
from projects.models import Team

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Places:
    """Where a node keeps what: sockets in the run folder, everything else in the data folder."""

    data: Path
    run: Path

    @property
    def routes(self) -> Path:
        return self.run / "routes"

    def socket(self, deployment: Deployment) -> Path:
        return self.socket_named(deployment.public_id)

    def socket_named(self, public_id: str) -> Path:
        return agent_socket(self.run, public_id)

    def log(self, deployment: Deployment) -> Path:
        return self.data / "agents" / f"{deployment.public_id}.log"

    def state(self, deployment: Deployment) -> Path:
        """An agent's memory belongs to its destination and environment, and outlives each deployment."""
        return self.data / "state" / str(deployment.destination_id) / deployment.environment


def start(
    instance: Instance, places: Places, *, check: Callable[[], None], spawned: Callable[[ProcessId], None]
) -> ProcessId:
    """Returns once the agent is healthy; `spawned` hears of the process before. Raises ProjectError, PlatformError."""
    deployment = instance.deployment
    folder = _bundle_cache(places).fetch(_wish(deployment))
    spec = _specification(deployment, folder, places)
    process = _started(spec, deployment.public_id)
    spawned(process)
    try:
        agent_process.wait_until_healthy(process, spec, seconds=settings.HEALTH_SECONDS, check=check)
    except BaseException:
        agent_process.stop(process, seconds=1)
        raise
    return process


def _started(spec: AgentSpec, name: str) -> ProcessId:
    kept_in = confinement()
    spec.socket.parent.mkdir(parents=True, exist_ok=True)
    return agent_process.start(spec, kept_in.launch(spec), kept_in.group(name))


def stop(process: ProcessId | None, *, seconds: float) -> None:
    if process is not None:
        agent_process.stop(process, seconds=seconds)


def process_of(instance: Instance) -> ProcessId | None:
    return ProcessId(instance.pid, instance.pid_started) if instance.pid else None


def _bundle_cache(places: Places) -> BundleCache:
    return BundleCache(places.data / "bundles", object_store(), settings.MIN_FREE_DISK_BYTES)


def _wish(deployment: Deployment) -> Wish:
    bundle = deployment.bundle
    if bundle is None:
        raise corrupt(deployment.public_id)
    earlier = Bundle.objects.filter(project=deployment.project_id, pk__lt=bundle.pk).order_by("-pk").first()
    return Wish(
        bundle.digest,
        bundle.manifest_key,
        lambda digests: _places(deployment.team, digests),
        earlier.digest if earlier else "",
    )


def _places(team: Team, digests: Collection[str]) -> dict[str, BlobPlace]:
    rows = Blob.objects.for_team(team).filter(sha256__in=list(digests))
    found = rows.values_list("sha256", "object_key", "offset", "size")
    return {digest: BlobPlace(key, offset, size) for digest, key, offset, size in found}


def _specification(deployment: Deployment, folder: Path, places: Places) -> AgentSpec:
    """By the runner of its target: a preview of any target is the very artefact that ships."""
    state = places.state(deployment)
    state.mkdir(parents=True, exist_ok=True)
    socket = places.socket(deployment)
    entry = deployment.bundle.entry if deployment.bundle else ""
    variables = unsealed_for_start(deployment, node=settings.NODE_NAME) | identity_of(deployment)
    spec = RunSpec(folder, entry, state, Listen(socket=socket), variables, confinement().way_out)
    launch = RUNNERS[Target(deployment.destination.target)](spec)
    return AgentSpec(
        argv=launch.argv,
        folder=launch.folder,
        state=state,
        socket=socket,
        log=places.log(deployment),
        environment=launch.environment,
        reads=launch.reads,
        needs_relay=launch.needs_relay,
    )
