"""What a service of Render is told: an image of Node, and the programs that fetch the bundle, as files beside it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, Any, Final, Literal

from pydantic import Field, model_validator

from core.config.base import Model
from deployments.platforms.cloud import Release
from deployments.platforms.fetching import IMAGE, TOKEN, artefact_of, loader_variables, programs, start_command

MARK: Final = "DEXTO_CLOUD_MARK"
RELEASE: Final = "DEXTO_CLOUD_RELEASE"
#: Which programs the service has, so that they are sent again only when they are others.
PROGRAMS: Final = "DEXTO_CLOUD_LOADER"
_FILES: Final = "/etc/secrets"
_HOME: Final = "/tmp/dexto"  # noqa: S108  # in a container of its own, where nothing else may be written to

CONFIG: Final = {
    "name": "The service's name at Render, where it is not to be made up.",
    "owner": "The workspace's id, where the key sees several.",
    "region": "frankfurt, ohio, oregon, singapore or virginia; it cannot be changed later.",
    "plan": "free, which sleeps after a quarter of an hour, or starter, standard, pro and so on.",
    "disk": "A disk that outlives releases: its path, and sizeGb; not on the plan free. Releases then interrupt.",
    "image": "An image with Node, tar and a shell, in place of Docker's official one.",
}


class RenderDisk(Model):
    path: Annotated[str, Field(pattern=r"^/[A-Za-z0-9._/-]+$")] = "/data"
    size_gb: Annotated[int, Field(ge=1, le=500)] = 1


class RenderConfig(Model):
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9 _-]{0,62})$")] | Literal[""] = ""
    owner: Annotated[str, Field(pattern=r"^(tea|usr|own)-[a-z0-9]+$")] | Literal[""] = ""
    region: Literal["frankfurt", "ohio", "oregon", "singapore", "virginia"] = "oregon"
    plan: Annotated[str, Field(pattern=r"^[a-z_]+$")] = "free"
    disk: RenderDisk | None = None
    image: str = IMAGE

    @model_validator(mode="after")
    def _a_disk_is_paid_for(self) -> RenderConfig:
        if self.disk and self.plan == "free":
            raise ValueError("a disk needs a plan other than free")
        return self


def creation(release: Release, config: RenderConfig, *, name: str, owner: str) -> dict[str, Any]:
    """An image and not a repository: that one would be the person's, or one of ours on which every restart of every
    agent depends; and Render would build it."""
    command = shlex.join(start_command(_FILES, _HOME))
    disk = (
        {"name": "agent-state", "mountPath": config.disk.path, "sizeGB": config.disk.size_gb} if config.disk else None
    )
    return {
        "type": "web_service",
        "name": name,
        "ownerId": owner,
        "autoDeploy": "no",
        "image": {"ownerId": owner, "imagePath": config.image},
        "envVars": [{"key": key, "value": value} for key, value in sorted(environment(release, config).items())],
        "secretFiles": [{"name": file, "content": text} for file, text in sorted(programs().items())],
        "serviceDetails": {
            "runtime": "image",
            "plan": config.plan,
            "region": config.region,
            "healthCheckPath": "/health",
            "envSpecificDetails": {"dockerCommand": command},
            **({"disk": disk} if disk else {}),
        },
    }


def environment(release: Release, config: RenderConfig) -> dict[str, str]:
    """All variables of the service. Render keeps one set of them, which a rollback does not bring back."""
    state = {"DEXTO_STATE_DIR": config.disk.path} if config.disk else {}
    return {
        **release.variables,
        **loader_variables(release),
        **state,
        TOKEN: artefact_of(release).token,
        "NODE_ENV": "production",
        MARK: release.service.mark,
        RELEASE: release.deployment,
        PROGRAMS: programs_digest(),
    }


def programs_digest() -> str:
    return sha256(repr(sorted(programs().items())).encode()).hexdigest()[:16]


def is_ours(variables: Mapping[str, str], mark: str) -> bool:
    return variables.get(MARK) == mark
