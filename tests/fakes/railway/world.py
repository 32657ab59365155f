"""What a fake of Railway holds, and how its deployments come and go."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.fakes.processes import NODE_PATH, CommandAgent, unpacked_archive

#: What Railway tells every service, beside its own variables.
PROVIDED = {"RAILWAY_PROJECT_NAME": "provided", "RAILWAY_PRIVATE_DOMAIN": "agent.railway.internal"}


def new_id() -> str:
    return str(uuid4())


@dataclass
class Deployment:
    folder: Path
    variables: dict[str, str]
    settings: dict[str, Any]
    mounts: dict[str, Path]
    id: str = field(default_factory=new_id)
    status: str = "INITIALIZING"
    agent: CommandAgent | None = None
    started: float = 0.0

    @property
    def log(self) -> Path:
        return self.folder.parent / f"{self.id}.log"


@dataclass
class CustomDomain:
    hostname: str
    id: str = field(default_factory=new_id)
    is_ready: bool = False


@dataclass
class Service:
    name: str
    id: str = field(default_factory=new_id)
    variables: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    domain: str = ""
    custom_domains: dict[str, CustomDomain] = field(default_factory=dict)
    volumes: dict[str, str] = field(default_factory=dict)  # mount path → id
    deployments: list[Deployment] = field(default_factory=list)

    @property
    def active(self) -> Deployment | None:
        return next((one for one in reversed(self.deployments) if one.status == "SUCCESS"), None)


@dataclass
class Project:
    name: str
    description: str = ""
    id: str = field(default_factory=new_id)
    environments: dict[str, str] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)


class World:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.projects: dict[str, Project] = {}
        self.uploaded = 0

    def services(self) -> Iterator[Service]:
        for project in self.projects.values():
            yield from project.services.values()

    def deployments(self) -> Iterator[tuple[Service, Deployment]]:
        for service in self.services():
            for deployment in service.deployments:
                yield service, deployment

    def uploaded_to(self, service: Service, archive: bytes) -> Deployment:
        self.uploaded += len(archive)
        folder = unpacked_archive(archive, self.folder / new_id())
        return self.deployed(service, folder)

    def deployed(self, service: Service, folder: Path, variables: dict[str, str] | None = None) -> Deployment:
        """Variables are frozen here; volumes are those of the service."""
        mounts = {path: self.folder / f"volume-{volume}" for path, volume in service.volumes.items()}
        values = dict(service.variables if variables is None else variables)
        deployment = Deployment(folder, values, dict(service.settings), mounts)
        service.deployments.append(deployment)
        return deployment

    def advance(self, service: Service, deployment: Deployment) -> None:
        """One state further, as time would."""
        step = {"INITIALIZING": self._build, "BUILDING": self._start, "DEPLOYING": self._look}
        if move := step.get(deployment.status):
            move(service, deployment)

    def _build(self, _service: Service, deployment: Deployment) -> None:
        dockerfile = deployment.folder / "Dockerfile"
        refused = not dockerfile.is_file() or re.search(r"^VOLUME", dockerfile.read_text(), re.MULTILINE)
        deployment.status = "FAILED" if refused else "BUILDING"

    def _start(self, _service: Service, deployment: Deployment) -> None:
        variables = {**PROVIDED, **deployment.variables}
        # What has a place of its own in the image is elsewhere on this machine.
        command = deployment.settings["startCommand"].replace("/app/", f"{deployment.folder}/")
        for path, real in deployment.mounts.items():
            real.mkdir(exist_ok=True)
            variables = {name: str(real) if value == path else value for name, value in variables.items()}
            command = command.replace(f"cd {path} ", f"cd {real} ")
        deployment.agent = CommandAgent(deployment.folder, command, variables, path=NODE_PATH, log=deployment.log)
        deployment.started = time.monotonic()
        deployment.status = "DEPLOYING"

    def _look(self, service: Service, deployment: Deployment) -> None:
        agent = deployment.agent
        assert agent is not None
        if agent.is_healthy:
            for earlier in service.deployments:
                if earlier.status == "SUCCESS":
                    self.end(earlier, "REMOVED")
            deployment.status = "SUCCESS"
        elif agent.process.poll() is not None or self._is_late(deployment):
            self.end(deployment, "FAILED")

    def _is_late(self, deployment: Deployment) -> bool:
        return time.monotonic() - deployment.started > deployment.settings["healthcheckTimeout"]

    def end(self, deployment: Deployment, status: str) -> None:
        deployment.status = status
        if deployment.agent:
            deployment.agent.stop()

    def end_service(self, service: Service) -> None:
        for deployment in service.deployments:
            self.end(deployment, "REMOVED")

    @staticmethod
    def log_of(deployment: Deployment) -> list[dict[str, str]]:
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
        text = deployment.log.read_text() if deployment.log.exists() else ""
        return [{"timestamp": at, "message": line} for line in text.splitlines()]
