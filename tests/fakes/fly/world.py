"""What is at the Fly of the tests: apps, machines that really run, volumes, addresses, certificates."""

from __future__ import annotations

import itertools
import time
from base64 import b64decode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.fakes.containers import Container
from tests.fakes.vendor import RefusalError
from tests.runtime.targets import wait_until

_numbers = itertools.count(1)


def new_id(prefix: str = "") -> str:
    return f"{prefix}{next(_numbers):014x}"


def refused(status: int, sentence: str, code: str = "") -> RefusalError:
    return RefusalError(status, {"error": sentence, **({"status": code} if code else {})})


@dataclass
class Volume:
    id: str
    name: str
    region: str
    size_gb: int
    folder: Path
    machine: str = ""

    def shown(self) -> dict[str, Any]:
        attached = {"attached_machine_id": self.machine} if self.machine else {}
        shown = {"id": self.id, "name": self.name, "region": self.region, "size_gb": self.size_gb, "state": "created"}
        return {**shown, "encrypted": True, **attached}


@dataclass
class Machine:
    """Its file system is new at each start. A process that ends badly is started again, as often as its policy says;
    each look at it lets time pass: created, starting, started."""

    id: str
    region: str
    folder: Path
    config: dict[str, Any]
    is_cordoned: bool
    state: str = "created"
    agent: Container | None = None
    restarts: int = 0
    events: list[dict[str, Any]] = field(default_factory=list)
    versions: list[dict[str, Any]] = field(default_factory=list)
    lease: tuple[str, float] = ("", 0.0)

    def start(self, secrets: dict[str, str], disks: dict[str, Path]) -> None:
        files = {
            one["guest_path"]: b64decode(one["raw_value"] if "raw_value" in one else secrets[one["secret_name"]])
            for one in self.config["files"]
        }
        variables = {**secrets, **self.config["env"]}
        self.folder.mkdir(parents=True, exist_ok=True)
        self.agent = Container(self.folder, self.config["init"]["cmd"], variables, files, disks)
        self.state = "starting"
        self._happened("start", "started")

    def stop(self) -> None:
        if self.agent:
            self.agent.stop()
        if self.state in ("starting", "started"):
            self._happened("exit", "stopped", exit_code=0, requested_stop=True)
        self.state = "stopped"

    def look(self) -> bool:
        """Whether it is to be started again."""
        if self.agent is None or self.state not in ("starting", "started"):
            return False
        ended = self.agent.process.poll()
        if ended is None:
            self.state = "started"
            return False
        self._happened("exit", "stopped", exit_code=ended, requested_stop=False)
        self.state = "stopped"
        self.restarts += 1
        return ended != 0 and self.restarts <= self.config["restart"]["max_retries"]

    def wait(self) -> None:
        """Until its proxy may send somebody to it: a start from sleep."""
        if self.agent:
            self.agent.wait()
            self.look()

    def shown(self) -> dict[str, Any]:
        checks = [*self.config.get("checks", {}), "servicecheck-00-http-8080"]
        is_well = self.state == "started" and self.agent is not None and self._is_well(self.agent)
        status = "passing" if is_well else "critical"
        return {
            "id": self.id,
            "name": f"machine-{self.id}",
            "state": self.state,
            "region": self.region,
            "cordoned": self.is_cordoned,
            "config": self.config,
            "checks": [{"name": name, "status": status} for name in checks],
            "events": list(reversed(self.events)),
        }

    def _is_well(self, agent: Container) -> bool:
        check = self.config["checks"]["health"]
        try:
            return httpx.request(check["method"], agent.url + check["path"], timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def _happened(self, kind: str, status: str, **exit_event: Any) -> None:
        request = {"request": {"exit_event": exit_event}} if exit_event else {}
        event = {"id": new_id(), "type": kind, "status": status, "source": "flyd", **request}
        self.events.append({**event, "timestamp": time.time_ns() // 1_000_000})


@dataclass
class App:
    id: str
    name: str
    org: str
    network: str
    machines: dict[str, Machine] = field(default_factory=dict)
    volumes: dict[str, Volume] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    addresses: list[dict[str, Any]] = field(default_factory=list)
    certificates: dict[str, bool] = field(default_factory=dict)  # hostname → whether it is issued

    def start(self, machine: Machine) -> None:
        missing = [
            one["secret_name"] for one in machine.config["files"] if one.get("secret_name", "") not in self._known
        ]
        if missing:
            raise refused(422, f"secret {missing[0]} does not exist")
        disks = {one["path"]: self.volumes[one["volume"]].folder for one in machine.config.get("mounts", ())}
        machine.start(self.secrets, disks)

    @property
    def _known(self) -> set[str]:
        return {"", *self.secrets}

    def look(self, machine: Machine) -> Machine:
        if machine.look():
            self.start(machine)
        return machine

    def serving(self) -> Machine | None:
        """Fly's proxy: it starts who sleeps and may be started, and answers from those that are not cordoned."""
        for machine in self.machines.values():
            if machine.is_cordoned or not self.addresses:
                continue
            self.look(machine)
            if machine.state in ("stopped", "suspended") and machine.config["services"][0]["autostart"]:
                self.start(machine)
            if machine.state == "starting":
                wait_until(lambda one=machine: one.agent.is_healthy or one.agent.process.poll() is not None, "no start")
                self.look(machine)
            if machine.state == "started":
                return machine
        return None

    def destroy(self, machine: Machine) -> None:
        machine.stop()
        for volume in self.volumes.values():
            if volume.machine == machine.id:
                volume.machine = ""
        del self.machines[machine.id]

    def close(self) -> None:
        for machine in list(self.machines.values()):
            self.destroy(machine)
