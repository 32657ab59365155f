"""Looks at a running program, and says which limit it has passed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from builds.sandbox import process_tree
from builds.sandbox.breaches import Breach
from builds.sandbox.cgroups import ControlGroup
from builds.sandbox.contract import Limits, Usage
from builds.sandbox.disk_quota import DiskQuota
from builds.sandbox.process_tree import Process, ProcessTree

#: By the exit codes of a program that the kernel has ended for a limit: 128 + SIGXCPU, 128 + SIGXFSZ.
_ENDED_BY_KERNEL: Final = {152: Breach.CPU, -24: Breach.CPU, 153: Breach.FILE_SIZE, -25: Breach.FILE_SIZE}


@dataclass(slots=True)
class Watch:
    """`guards` are the sandbox's own processes, which the program has not started."""

    tree: ProcessTree
    limits: Limits
    quota: DiskQuota
    group: ControlGroup | None = None
    guards: int = 0
    _memory: int = 0
    _tasks: int = 0
    _cpu: float = 0.0

    @property
    def usage(self) -> Usage:
        return Usage(self._memory, self._tasks, self._cpu)

    def look(self) -> Breach | None:
        processes = self.tree.processes()
        return (
            self._tasks_breach(processes)
            or self._memory_breach(processes)
            or self._cpu_breach(processes)
            or self._files_breach(processes)
            or self._disk_breach(processes)
        )

    def last_look(self, exit_code: int) -> Breach | None:
        """When it has ended by itself, or by the kernel's hand."""
        if self.group is not None and self.group.killed():
            return Breach.MEMORY
        return _ENDED_BY_KERNEL.get(exit_code) or self._disk_breach([], now=True)

    def _tasks_breach(self, processes: Sequence[Process]) -> Breach | None:
        tasks = sum(process.threads for process in processes) - self.guards
        self._tasks = max(self._tasks, tasks)
        return Breach.PROCESSES if tasks > self.limits.processes else None

    def _memory_breach(self, processes: Sequence[Process]) -> Breach | None:
        """The group's own bound ends one process; the others are ended here."""
        memory = sum(process_tree.memory_bytes(process.pid) for process in processes)
        self._memory = max(self._memory, memory)
        if self.group is not None:
            return Breach.MEMORY if self.group.killed() else None
        return Breach.MEMORY if memory > self.limits.memory_bytes else None

    def _cpu_breach(self, processes: Sequence[Process]) -> Breach | None:
        self._cpu = max(self._cpu, sum(process.cpu_seconds for process in processes))
        limit = self.limits.cpu_seconds
        return Breach.CPU if limit is not None and self._cpu > limit else None

    def _files_breach(self, processes: Sequence[Process]) -> Breach | None:
        most = max((process_tree.open_files(process.pid) for process in processes), default=0)
        return Breach.OPEN_FILES if most >= self.limits.open_files else None

    def _disk_breach(self, processes: Sequence[Process], *, now: bool = False) -> Breach | None:
        if self.quota.exceeded((process.pid for process in processes), now=now):
            return Breach.DISK
        return Breach.FILE_SIZE if self.quota.has_full_file else None
