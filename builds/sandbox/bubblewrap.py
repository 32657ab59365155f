"""bubblewrap: namespaces of its own for everything, a read-only system, and nothing of the platform in sight."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from builds.sandbox import slots
from builds.sandbox.backend import Found, Machine
from builds.sandbox.cgroups import ControlGroups
from builds.sandbox.contract import Backend, Limits, Outcome, Specification
from builds.sandbox.launching import Launch
from builds.sandbox.limit_argv import limit_argv
from builds.sandbox.network import Registries, connected
from builds.sandbox.running import run_to_end
from builds.sandbox.slots import Slot
from builds.sandbox.staging import stage
from builds.sandbox.system_calls import filter_program

_UID: Final = 10_001  # as the program sees itself
#: What programs of the system need of /etc. It holds no secret, and no name of a host.
_ETC: Final = ("ssl", "ca-certificates", "pki", "alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d")
_FILES: Final = {
    "/etc/passwd": f"sandbox:x:{_UID}:{_UID}::/tmp:/bin/sh\n",
    "/etc/group": f"sandbox:x:{_UID}:\n",
    "/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}
_BLOCKED: Final = ("namespace", "Operation not permitted", "uid map", "Permission denied", "loopback")
_UNBLOCK: Final = (
    "Allow them (sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces; on Ubuntu an AppArmor profile "
    "for bwrap), or build on a host of its own: inside a container they are usually blocked."
)
_BASE: Final = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/tmp"}  # noqa: S108  # its own


@dataclass(frozen=True, slots=True)
class Bubblewrap:
    """`slots` is a folder for the locks of its users; without `groups` memory is watched."""

    program: str
    slots: Path
    groups: ControlGroups | None = None
    registries: Registries | None = None
    can_refuse_user_namespaces: bool = True
    backend: Backend = Backend.BUBBLEWRAP

    def run(
        self,
        specification: Specification,
        *,
        check: Callable[[], None],
        line: Callable[[str], None] = lambda _: None,
    ) -> Outcome:
        group = self.groups.make(specification.limits.memory_bytes) if self.groups else None
        try:
            with connected(specification, self.registries, line) as connected_one:
                launch = self._launch(connected_one)
                return run_to_end(launch, connected_one, group, guards=1, check=check, line=line)
        finally:
            if group is not None:
                group.remove()

    def stay(self, specification: Specification) -> Launch:
        """A shell stays as its parent: it dies with that one, who does not die with us."""
        launch = self._launch(specification)
        launch.argv = ["sh", "-c", '"$@"; exit "$?"', "agent", *launch.argv]
        return launch

    def _launch(self, specification: Specification) -> Launch:
        """As root the writable folders belong to the sandbox's own user from now on. Raises PlatformError."""
        slot = slots.take(self.slots, specification)
        launch = Launch([])
        launch.info, launch_info = os.pipe()
        launch_gate, launch.gate = os.pipe()
        launch.descriptors += [launch_info, launch_gate]
        if slot is not None:
            if slot.lock is not None:
                launch.descriptors.append(slot.lock)
            for folder in (specification.folder, *specification.writable):
                slots.give(folder, slot.uid)
        places = stage(self.slots, specification, slot)
        options = [
            *self._namespaces(launch, slot, launch_info, launch_gate),
            *_system(launch, specification.limits),
            *_mounts(specification, places.place),
            *_environment(specification),
        ]
        arguments = launch.memory(b"".join(option.encode() + b"\0" for option in options))
        limits = limit_argv(specification.limits, counts_user=True)  # inside: its namespace counts alone
        bwrap = [self.program, "--args", str(arguments), "--", *limits, *specification.argv]
        launch.argv = places.argv(bwrap)
        return launch

    def _namespaces(self, launch: Launch, slot: Slot | None, info: int, gate: int) -> Iterator[str]:
        yield from ("--unshare-all", "--unshare-user", "--uid", str(_UID), "--gid", str(_UID))
        yield from ("--hostname", "sandbox", "--clearenv", "--cap-drop", "ALL", "--die-with-parent")
        yield from ("--info-fd", str(info), "--block-fd", str(gate))
        if self.can_refuse_user_namespaces:
            yield "--disable-userns"
        if slot is not None and slot.lock is not None:
            yield from ("--sync-fd", str(slot.lock))
        program = filter_program()
        if program is not None:
            yield from ("--seccomp", str(launch.memory(program)))


def _system(launch: Launch, limits: Limits) -> Iterator[str]:
    yield from ("--ro-bind", "/usr", "/usr")
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        yield from _system_folder(Path("/") / name)
    for name in _ETC:
        yield from ("--ro-bind-try", f"/etc/{name}", f"/etc/{name}")
    for path, text in _FILES.items():
        yield from ("--perms", "0444", "--file", str(launch.memory(text.encode())), path)
    yield from ("--proc", "/proc", "--dev", "/dev")
    for path in ("/tmp", "/dev/shm"):  # noqa: S108  # new ones
        yield from ("--perms", "1777", "--size", str(limits.tmp_bytes), "--tmpfs", path)


def _system_folder(path: Path) -> Sequence[str]:
    if path.is_symlink():
        return ("--symlink", str(path.readlink()), str(path))
    return ("--ro-bind", str(path), str(path)) if path.is_dir() else ()


def _mounts(specification: Specification, place: Callable[[Path], Path]) -> Iterator[str]:
    """What was mounted becomes read-only but for its own folders: / and /dev are memory without a bound."""
    proxy = [specification.proxy.parent] if specification.proxy else []
    for path in (*specification.readable, *proxy):
        yield from ("--ro-bind", str(place(path)), str(path))
    for path in (*specification.writable, specification.folder):
        yield from ("--bind", str(place(path)), str(path))
    yield from (
        "--remount-ro",
        "/dev",
        "--remount-ro",
        "/",
        "--chdir",
        str(specification.starts_in or specification.folder),
    )


def _environment(specification: Specification) -> Iterator[str]:
    for name, value in {**_BASE, **specification.environment}.items():
        yield from ("--setenv", name, value)


def find(machine: Machine) -> Found:
    """Tried with all that a build gets: what the kernel or a container forbids shows here."""
    program = shutil.which("bwrap")
    if program is None:
        return Found(reason="bubblewrap is not installed.", next_step="apt-get install bubblewrap")
    features = subprocess.run([program, "--help"], capture_output=True, text=True, check=False, env={}).stdout
    sandbox = Bubblewrap(program, machine.slots, machine.groups, machine.registries, "--disable-userns" in features)
    try:
        outcome = _tried(sandbox, machine.slots)
    except OSError as error:  # users that cannot be chosen, a folder that cannot be written
        return Found(reason=f"bubblewrap cannot be started here: {error}", next_step=_UNBLOCK)
    if outcome.ok:
        return Found(sandbox, sandbox)
    said = outcome.last_lines[-1] if outcome.last_lines else f"exit code {outcome.exit_code}"
    if any(words in said for words in _BLOCKED):
        return Found(reason=f"User namespaces are blocked here ({said}).", next_step=_UNBLOCK)
    return Found(reason=f"bubblewrap does not work here: {said}", next_step="Use a builder host of its own.")


def _tried(sandbox: Bubblewrap, slots_folder: Path) -> Outcome:
    slots_folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    with TemporaryDirectory(dir=slots_folder, prefix="try-") as folder:
        limits = Limits(memory_bytes=64 * 1024 * 1024, processes=16, seconds=10)
        return sandbox.run(Specification(("true",), Path(folder), limits), check=lambda: None)
