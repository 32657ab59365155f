"""Docker or Podman, where the operator prefers one. The engine bounds memory and processes, we disk and time.

The builder never gets the engine's socket into a container: this runs beside the engine, on a builder's own host.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import uuid4

from builds.sandbox import slots
from builds.sandbox.backend import Found, Machine
from builds.sandbox.breaches import Breach, exceeded
from builds.sandbox.contract import Backend, Limits, Outcome, Specification
from builds.sandbox.launching import Launch
from builds.sandbox.limit_argv import lowered
from builds.sandbox.network import Registries, connected
from builds.sandbox.process_tree import ProcessTree
from builds.sandbox.running import run_to_end

_PROGRAMS: Final = ("docker", "podman")
_ASK_SECONDS: Final = 20
_TRY_SECONDS: Final = 60.0  # the image may have to be fetched first
_KILLED: Final = 128 + 9
_NOBODY: Final = 0  # a pid that has no process: the engine's processes are not ours to watch


@dataclass(frozen=True, slots=True)
class Container:
    program: str
    image: str
    slots: Path
    registries: Registries | None = None
    backend: Backend = Backend.CONTAINER

    def run(
        self,
        specification: Specification,
        *,
        check: Callable[[], None],
        line: Callable[[str], None] = lambda _: None,
    ) -> Outcome:
        name = f"dexto-{uuid4().hex[:12]}"
        try:
            with connected(specification, self.registries, line) as connected_one:
                outcome = run_to_end(
                    self._launch(name, connected_one),
                    connected_one,
                    None,
                    guards=0,
                    check=check,
                    line=line,
                    tree=lambda _pid: ProcessTree(_NOBODY),
                    end=lambda: self._end(name),
                )
            if outcome.exceeded is None and self._was_killed_for_memory(name, outcome.exit_code):
                return replace(outcome, exceeded=exceeded(Breach.MEMORY, specification.limits))
            return outcome
        finally:
            self._ask("rm", "--force", name)

    def _launch(self, name: str, specification: Specification) -> Launch:
        launch = Launch([])
        slot = slots.take(self.slots, specification)
        uid = os.geteuid()
        if slot is not None:
            launch.lock, uid = slot.lock, slot.uid
            for folder in (specification.folder, *specification.writable):
                slots.give(folder, uid)
        variables = launch.memory(_lines(specification).encode())
        launch.environment = {"PATH": os.defpath, "HOME": os.environ.get("HOME", "/")}
        launch.argv = [self.program, *run_argv(name, self.image, specification, uid, f"/proc/self/fd/{variables}")]
        return launch

    def _end(self, name: str) -> None:
        self._ask("kill", name)

    def _was_killed_for_memory(self, name: str, exit_code: int) -> bool:
        """Engines do not always notice; whoever else ends it from outside is us, and we know."""
        return exit_code == _KILLED or self._ask("inspect", "--format", "{{.State.OOMKilled}}", name) == "true"

    def _ask(self, *words: str) -> str:
        asked = subprocess.run(
            [self.program, *words], capture_output=True, text=True, check=False, timeout=_ASK_SECONDS
        )
        return asked.stdout.strip()


def run_argv(name: str, image: str, specification: Specification, uid: int, variables: str) -> list[str]:
    limits = specification.limits
    return [
        *("run", "--interactive", "--name", name, "--hostname", "sandbox", "--network", "none", "--read-only"),
        *("--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--ipc", "private"),
        *("--user", f"{uid}:{uid}", "--workdir", str(specification.folder), "--env-file", variables),
        *_bounds(limits),
        *_volumes(specification),
        *("--entrypoint", specification.argv[0], image, *specification.argv[1:]),
    ]


def _bounds(limits: Limits) -> Iterator[str]:
    yield from ("--memory", str(limits.memory_bytes), "--memory-swap", str(limits.memory_bytes))
    yield from ("--pids-limit", str(limits.processes))
    for name, (number, wanted) in _ULIMITS.items():
        bound = lowered(number, wanted(limits))
        yield from ("--ulimit", f"{name}={bound}:{bound}")
    yield from ("--tmpfs", f"/tmp:rw,nosuid,nodev,size={limits.tmp_bytes},mode=1777")  # noqa: S108  # its own
    yield from ("--shm-size", str(limits.tmp_bytes))
    if limits.cpu_seconds is not None:
        yield from ("--ulimit", f"cpu={limits.cpu_seconds}")


#: The engine's own defaults may be above what this process was given, and are then refused: each is named.
_ULIMITS: Final[Mapping[str, tuple[int, Callable[[Limits], int]]]] = {
    "core": (resource.RLIMIT_CORE, lambda _limits: 0),
    "nofile": (resource.RLIMIT_NOFILE, lambda limits: limits.open_files),
    "fsize": (resource.RLIMIT_FSIZE, lambda limits: limits.file_bytes),
    "nproc": (resource.RLIMIT_NPROC, lambda limits: limits.processes + 1),
}


def _volumes(specification: Specification) -> Iterator[str]:
    proxy = [specification.proxy.parent] if specification.proxy else []
    for path in (*specification.readable, *proxy):
        yield from ("--volume", f"{path}:{path}:ro")
    for path in (*specification.writable, specification.folder):
        yield from ("--volume", f"{path}:{path}")


def _lines(specification: Specification) -> str:
    """The form of --env-file: what is in an argv can be read by others, and this cannot hold a line break."""
    for name, value in specification.environment.items():
        if "\n" in value:
            raise ValueError(f"the variable {name} has more than one line, which a container cannot be given")
    return "".join(f"{name}={value}\n" for name, value in specification.environment.items())


def find(machine: Machine) -> Found:
    names = (machine.container_program,) if machine.container_program else _PROGRAMS
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        return Found(
            reason=f"Neither of {', '.join(names)} is installed.", next_step="Install one on a builder host of its own."
        )
    asked = subprocess.run([program, "version"], capture_output=True, text=True, check=False, timeout=_ASK_SECONDS)
    if asked.returncode != 0:
        said = (asked.stderr.strip().splitlines() or ["no answer"])[-1]
        return Found(reason=f"{Path(program).name} does not answer: {said}", next_step="Start it.")
    if not machine.container_image:
        return Found(reason="No image is set for builds.", next_step="Set DEXTO_SANDBOX_IMAGE.")
    container = Container(program, machine.container_image, machine.slots, machine.registries)
    outcome = _tried(container, machine.slots)
    if outcome.ok:
        return Found(container)
    said = outcome.last_lines[-1] if outcome.last_lines else f"exit code {outcome.exit_code}"
    return Found(
        reason=f"{Path(program).name} runs nothing here: {said}",
        next_step=f"Try `{Path(program).name} run {machine.container_image} true`; on mixed control groups use runc.",
    )


def _tried(container: Container, slots_folder: Path) -> Outcome:
    """With all that a build gets: an engine may answer and have nothing that can start a container."""
    slots_folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    with TemporaryDirectory(dir=slots_folder, prefix="try-") as folder:
        limits = Limits(memory_bytes=64 * 1024 * 1024, processes=16, seconds=_TRY_SECONDS)
        return container.run(Specification(("true",), Path(folder), limits), check=lambda: None)
