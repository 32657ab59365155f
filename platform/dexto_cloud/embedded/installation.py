"""The installation of a data directory, for commands that need its rows whether it runs or not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import UserError
from dexto_cloud.embedded.up import UpOptions, start


@dataclass(frozen=True, slots=True)
class Found:
    """`environment` is what its processes see; `runs` where they do, and know nothing that changed since."""

    environment: dict[str, str] = field(repr=False)
    runs: bool


@contextmanager
def engines_of(data: Path) -> Iterator[Found]:
    """Those of the installation that runs, or its engines alone, started for as long as they are needed."""
    if not (data / "secrets.json").exists():
        raise UserError("not_connected", f"There is no installation in {data}.", "Name its directory with --data.")
    try:
        running = start(UpOptions(data, engines_only=True), lambda _event: None)
    except UserError as error:
        if error.code != "already_running":
            raise
        kept: dict[str, str] = json.loads((data / "environment.json").read_text())
        yield Found(kept, runs=True)
        return
    try:
        yield Found(running.environment, runs=False)
    finally:
        running.stop()
