"""Ends the agents that use more than they may, and remembers why until the node has said it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL

from builds.sandbox.breaches import exceeded
from builds.sandbox.cgroups import ControlGroup
from builds.sandbox.contract import Limits
from builds.sandbox.disk_quota import DiskQuota
from builds.sandbox.process_tree import ProcessTree
from builds.sandbox.watching import Watch
from core.errors import UserError
from deployments.nodes.agent_process import ProcessId


@dataclass(slots=True)
class _Watched:
    process: ProcessId
    watch: Watch


@dataclass(slots=True)
class AgentLimits:
    """By instance. Looked at from one thread, followed and left from others."""

    limits: Limits
    guards: int  # processes of the sandbox, which no agent has started
    _watched: dict[int, _Watched] = field(default_factory=dict)
    _reasons: dict[int, UserError] = field(default_factory=dict)

    @property
    def look_seconds(self) -> float:
        """Often where nobody else counts the memory."""
        kernel_counts = all(one.watch.group is not None for one in list(self._watched.values()))
        return 2.0 if kernel_counts else 0.5

    def follow(self, instance_id: int, process: ProcessId, state: Path, group: ControlGroup | None) -> None:
        known = self._watched.get(instance_id)
        if known is None or known.process != process:
            quota = DiskQuota((state,), self.limits.disk_bytes, self.limits.file_bytes, counts_all=True)
            watch = Watch(ProcessTree(process.pid), self.limits, quota, group, self.guards)
            self._watched[instance_id] = _Watched(process, watch)

    def leave(self, instance_id: int) -> None:
        watched = self._watched.pop(instance_id, None)
        if watched is not None and watched.watch.group is not None:
            watched.watch.group.remove()

    def look(self) -> None:
        for instance_id, watched in list(self._watched.items()):
            if not watched.process.alive:
                continue
            breach = watched.watch.look()
            if breach is not None:
                self._reasons[instance_id] = exceeded(breach, self.limits)
                watched.process.signal(SIGKILL)

    def reason(self, instance_id: int) -> UserError | None:
        """Why it was ended, here or by the kernel; said once."""
        watched = self._watched.get(instance_id)
        found = self._reasons.pop(instance_id, None)
        if found is None and watched is not None:
            breach = watched.watch.last_look(0)
            found = exceeded(breach, self.limits) if breach else None
        return found
