"""What is at the Render of the tests: services, and deploys that really run."""

from __future__ import annotations

import itertools
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.fakes.containers import Container
from tests.fakes.vendor import RefusalError

_numbers = itertools.count(1)
_FILES = "/etc/secrets"


def new_id(prefix: str) -> str:
    return f"{prefix}-{next(_numbers):020x}"


def refused(status: int, message: str) -> RefusalError:
    return RefusalError(status, {"message": message})


@dataclass
class Deploy:
    """Queued, then updating, then live once it is well: a step for each look at it."""

    id: str
    image: str
    status: str = "queued"
    agent: Container | None = None

    def shown(self) -> dict[str, Any]:
        return {"id": self.id, "status": self.status, "image": {"ref": self.image}, "trigger": "api"}


@dataclass
class Service:
    id: str
    name: str
    owner: str
    folder: Path
    image: str
    details: dict[str, Any]
    variables: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    deploys: list[Deploy] = field(default_factory=list)  # the newest last
    domains: dict[str, bool] = field(default_factory=dict)  # hostname → whether it is verified
    suspenders: list[str] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)  # deploys whose images are no longer kept

    @property
    def hostname(self) -> str:
        return f"{self.name.lower().replace(' ', '-')}-{self.id[-4:]}.onrender.com"

    @property
    def live(self) -> Deploy | None:
        return next((one for one in self.deploys if one.status == "live"), None)

    def deploy(self, image: str = "") -> Deploy:
        made = Deploy(new_id("dep"), image or self.image)
        self.deploys.append(made)
        return made

    def look(self, deploy: Deploy) -> None:
        if deploy.status == "queued":
            deploy.status, deploy.agent = "update_in_progress", self.container(deploy.id)
        elif deploy.status == "update_in_progress" and deploy.agent:
            if deploy.agent.process.poll() is not None:
                deploy.status = "update_failed"
            elif self._is_well(deploy.agent):
                self._replace(deploy)

    def cancel(self, deploy: Deploy) -> None:
        deploy.status = "canceled"
        self._end(deploy)

    def container(self, name: str) -> Container:
        """By the variables and files that the service has now."""
        files = {f"{_FILES}/{file}": content.encode() for file, content in self.files.items()}
        disk = self.details.get("disk")
        disks = {disk["mountPath"]: self.folder / "disk"} if disk else {}
        command = shlex.split(self.details["envSpecificDetails"]["dockerCommand"])
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        return Container(folder, command, self.variables, files, disks)

    def restart(self) -> None:
        """A host is maintained: the instance begins anew, by what the service has now."""
        if live := self.live:
            self._end(live)
            live.agent = self.container(live.id)

    def sleep(self) -> None:
        if live := self.live:
            self._end(live)

    def awake(self) -> Container | None:
        """A service that is free sleeps, and wakes for a request."""
        live = self.live
        if live is None or self.suspenders:
            return None
        if live.agent is None:
            live.agent = self.container(live.id)
        live.agent.wait()
        return live.agent

    def close(self) -> None:
        for deploy in self.deploys:
            self._end(deploy)

    def shown(self) -> dict[str, Any]:
        details = {**self.details, "url": f"https://{self.hostname}", "env": "image", "numInstances": 1}
        return {
            "id": self.id,
            "name": self.name,
            "ownerId": self.owner,
            "type": "web_service",
            "slug": self.hostname.partition(".")[0],
            "suspended": "suspended" if self.suspenders else "not_suspended",
            "suspenders": self.suspenders,
            "imagePath": self.image,
            "serviceDetails": details,
        }

    def _is_well(self, agent: Container) -> bool:
        try:
            return httpx.get(agent.url + self.details["healthCheckPath"], timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def _replace(self, deploy: Deploy) -> None:
        if before := self.live:
            before.status = "deactivated"
            self._end(before)
        deploy.status = "live"

    def _end(self, deploy: Deploy) -> None:
        if deploy.agent:
            deploy.agent.stop()
            deploy.agent = None
