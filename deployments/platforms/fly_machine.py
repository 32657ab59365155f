"""What a machine of Fly is told: an image of Node, the programs that fetch the bundle, the port, and when to sleep."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field, model_validator

from core.config.base import Model
from deployments.platforms.cloud import Release, Service
from deployments.platforms.fetching import (
    IMAGE,
    SECRETS,
    TOKEN,
    artefact_of,
    as_shell,
    loader_variables,
    programs,
    start_command,
)

PORT: Final = 8080
_PROGRAMS: Final = "/dexto"
_HOME: Final = "/srv/dexto"
VOLUME: Final = "agent_state"
MARK: Final = "dexto_cloud_mark"
DEPLOYMENT: Final = "dexto_cloud_deployment"

CONFIG: Final = {
    "name": "The app's name at Fly.io, where it is not to be made up; names are unique among all of Fly's users.",
    "org": "The organization's slug, where it is not the account's.",
    "region": "Where the machine runs, such as fra; Fly chooses one otherwise.",
    "memory": "MB of the machine, in steps of 256; 512 by default.",
    "cpus": "1 to 16.",
    "cpuKind": "shared or performance.",
    "alwaysOn": "true keeps the machine running; else it is stopped while nobody asks, and started by who does.",
    "volume": "A disk that outlives releases: its path, and sizeGb. One machine then changes in its place.",
    "image": "An image with Node, tar and a shell, in place of Docker's official one.",
}


class FlyVolumeConfig(Model):
    path: Annotated[str, Field(pattern=r"^/[A-Za-z0-9._/-]+$")] = "/data"
    size_gb: Annotated[int, Field(ge=1, le=500)] = 1


class FlyConfig(Model):
    name: Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")] | Literal[""] = ""
    org: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")] | Literal[""] = ""
    region: Annotated[str, Field(pattern=r"^[a-z]{3}$")] | Literal[""] = ""
    memory: Annotated[int, Field(ge=256, le=131_072, multiple_of=256)] = 512
    cpus: Annotated[int, Field(ge=1, le=16)] = 1
    cpu_kind: Literal["shared", "performance"] = "shared"
    always_on: bool = False
    volume: FlyVolumeConfig | None = None
    image: str = IMAGE

    @model_validator(mode="after")
    def _a_disk_is_somewhere(self) -> FlyConfig:
        if self.volume and not self.region:
            raise ValueError("a volume needs a region: it cannot move")
        return self


def app_name(service: Service, config: FlyConfig) -> str:
    return config.name or service.name


def network_of(service: Service) -> str:
    """The mark, as the name of a private network: an app says which it was made in, and carries nothing else of ours.
    Agents of this installation reach nothing of the organization's other apps by it."""
    return re.sub(r"[^a-z0-9-]", "-", service.mark.lower())


def secret_name(deployment: str) -> str:
    return f"DEXTO_RELEASE_{re.sub(r'[^A-Z0-9]', '_', deployment.upper())}"


def secret_value(release: Release) -> str:
    """All secrets of a release are one of the app's, so that no release sees another's, and a rollback its own."""
    secrets = {name: value for name, value in release.variables.items() if name in release.secrets}
    return _encoded(as_shell({**secrets, TOKEN: artefact_of(release).token}))


def machine_config(release: Release, config: FlyConfig, volume: str = "") -> dict[str, Any]:
    """`volume` is its id, where the destination has one."""
    return {
        "image": config.image,
        "files": [
            *({"guest_path": f"{_PROGRAMS}/{name}", "raw_value": _encoded(text)} for name, text in programs().items()),
            {"guest_path": f"{_PROGRAMS}/{SECRETS}", "secret_name": secret_name(release.deployment)},
        ],
        "init": {"cmd": start_command(_PROGRAMS, _HOME)},
        "env": _environment(release, config),
        "guest": {"cpu_kind": config.cpu_kind, "cpus": config.cpus, "memory_mb": config.memory},
        "services": [_service(config)],
        "checks": {"health": {**_check(), "port": PORT}},
        "restart": {"policy": "on-failure", "max_retries": 3},
        # An agent that is told to end finishes its turns.
        "stop_config": {"signal": "SIGTERM", "timeout": "60s"},
        "metadata": {
            MARK: release.service.mark,
            DEPLOYMENT: release.deployment,
            "dexto_cloud_commit": release.source.sha,
        },
        **({"mounts": [{"volume": volume, "path": config.volume.path}]} if volume and config.volume else {}),
    }


def _environment(release: Release, config: FlyConfig) -> Mapping[str, str]:
    plain = {name: value for name, value in release.variables.items() if name not in release.secrets}
    state = {"DEXTO_STATE_DIR": config.volume.path} if config.volume else {}
    return {**plain, **loader_variables(release), **state, "PORT": str(PORT), "NODE_ENV": "production"}


def _service(config: FlyConfig) -> dict[str, Any]:
    return {
        "protocol": "tcp",
        "internal_port": PORT,
        "autostart": True,
        "autostop": "off" if config.always_on else "stop",
        "min_machines_running": 1 if config.always_on else 0,
        "ports": [
            {"port": 80, "handlers": ["http"], "force_https": True},
            {"port": 443, "handlers": ["tls", "http"]},
        ],
        "checks": [_check()],
    }


def _check() -> dict[str, Any]:
    return {
        "type": "http",
        "method": "GET",
        "path": "/health",
        "interval": "5s",
        "timeout": "4s",
        "grace_period": "10s",
    }


def _encoded(text: str) -> str:
    return b64encode(text.encode()).decode()
