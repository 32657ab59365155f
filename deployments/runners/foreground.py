"""Runs a bundle until somebody ends it: what `dexto-cloud run` does. No Django is loaded here."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from builds.bundle import Manifest
from builds.packing import MANIFEST
from core.errors import UserError
from deployments.runners import RUNNERS
from deployments.runners.contract import Launch, Listen, RunSpec

_DRAIN_SECONDS = 30.0


def launch_of(
    folder: Path, listen: Listen, variables: Mapping[str, str], state: Path, proxy: Path | None = None
) -> Launch:
    """How to start the bundle that `dexto-cloud build` wrote. Raises UserError."""
    folder, state = folder.resolve(), state.resolve()
    manifest = manifest_of(folder)
    state.mkdir(parents=True, exist_ok=True)
    return RUNNERS[manifest.target](RunSpec(folder, manifest.entry, state, listen, variables, proxy))


def run(launch: Launch, *, drain_seconds: float = _DRAIN_SECONDS) -> int:
    """Returns the exit code. On SIGTERM or SIGINT it drains; nothing that it started is left when this returns."""
    with _started(launch) as process:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: _drain(process, drain_seconds))
        return _exit_code(process.wait())


@contextmanager
def _started(launch: Launch) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        launch.argv, cwd=launch.folder, env=dict(launch.environment), stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _exit_code(returned: int) -> int:
    """Ended by the signal that it was sent is ended as asked; any other one is said as shells do."""
    return 0 if returned == -signal.SIGTERM else returned if returned >= 0 else 128 - returned


def _drain(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Once more, or too late: then at once."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    signal.signal(signal.SIGALRM, lambda *_: process.kill())
    signal.setitimer(signal.ITIMER_REAL, seconds)


def manifest_of(folder: Path) -> Manifest:
    """The manifest of a bundle in a folder. Raises UserError."""
    try:
        return Manifest.from_json((folder / MANIFEST).read_bytes())
    except (OSError, ValueError, KeyError) as error:
        raise UserError(
            "no_bundle", f"{folder} holds no bundle.", "Make one with `dexto-cloud build PATH --target … --out DIR`."
        ) from error
