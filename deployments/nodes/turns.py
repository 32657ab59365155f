"""Programs that cannot share the files of one memory run one at a time. Who is asked for meanwhile waits its turn.

One that came up stays for a while, or two that are both asked for would only ever start and stop.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from core.targets import Target
from deployments.models import Instance, Observed, RouteKind, Wanted
from deployments.runners import ALONE_WITH_MEMORY

Memory = tuple[int, str]  # a destination and an environment: who owns it
#: What is in flight gets so long; others wait at the gateway meanwhile.
DRAIN_SECONDS: Final = 10.0
_STAY_SECONDS: Final = 1.0
_PRODUCTION_STAYS_SECONDS: Final = 5.0
_THERE: Final = (Observed.STARTING, Observed.RUNNING, Observed.STOPPING)


def runs_alone(instance: Instance) -> bool:
    return Target(instance.deployment.destination.target) in ALONE_WITH_MEMORY


@dataclass(slots=True)
class Turns:
    """Of one node. `see` is told what there is, before anything is asked."""

    clock: Callable[[], float] = time.monotonic
    _groups: dict[Memory, list[Instance]] = field(default_factory=dict)
    _up_since: dict[int, float] = field(default_factory=dict)
    _waits_since: dict[int, float] = field(default_factory=dict)

    def see(self, instances: Iterable[Instance]) -> None:
        groups: dict[Memory, list[Instance]] = defaultdict(list)
        for instance in filter(runs_alone, instances):
            groups[_memory(instance)].append(instance)
        self._groups = dict(groups)
        alone = [one for group in groups.values() for one in group]
        now = self.clock()
        self._up_since = {one.pk: self._up_since.get(one.pk, now) for one in alone if one.observed == Observed.RUNNING}
        self._waits_since = {
            one.pk: self._waits_since[one.pk] for one in alone if _waits(one) and one.pk in self._waits_since
        }

    def has_come(self, instance: Instance) -> bool:
        """Whether it may start now. Who is in its way and has had its turn is asked to go to sleep."""
        if not runs_alone(instance):
            return True
        others = [one for one in self._groups.get(_memory(instance), ()) if one.pk != instance.pk]
        self._waits_since.setdefault(instance.pk, self.clock())
        if not self._is_first(instance, others):
            return False
        in_the_way = [one for one in others if one.observed in _THERE]
        for one in in_the_way:
            self._ask_to_sleep(one, instance)
        if in_the_way:
            return False
        del self._waits_since[instance.pk]
        return True

    def _is_first(self, instance: Instance, others: Iterable[Instance]) -> bool:
        since = self._waits_since[instance.pk]
        return all(self._waits_since.get(one.pk, since) >= since for one in others)

    def _ask_to_sleep(self, holder: Instance, newcomer: Instance) -> None:
        if holder.observed != Observed.RUNNING or holder.wanted != Wanted.RUNNING:
            return
        if self.clock() - self._up_since.get(holder.pk, 0.0) < _stay_seconds(holder, newcomer):
            return
        Instance.objects.filter(pk=holder.pk, wanted=Wanted.RUNNING).update(wanted=Wanted.ASLEEP)
        holder.wanted = Wanted.ASLEEP


def _memory(instance: Instance) -> Memory:
    return instance.deployment.destination_id, instance.deployment.environment


def _waits(instance: Instance) -> bool:
    return instance.wanted == Wanted.RUNNING and instance.observed not in (Observed.RUNNING, Observed.FAILED)


def _stay_seconds(holder: Instance, newcomer: Instance) -> float:
    """Whoever goes on asking for an old version must not take production away for half of the time."""
    is_release = newcomer.starts == 0
    if is_release or not _serves_production(holder) or _serves_production(newcomer):
        return _STAY_SECONDS
    return _PRODUCTION_STAYS_SECONDS


def _serves_production(instance: Instance) -> bool:
    return bool(instance.deployment.wanted_by.filter(kind=RouteKind.PRODUCTION).exists())
