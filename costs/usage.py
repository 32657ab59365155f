"""What is to be paid for, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

HOURS_PER_MONTH = 730.0


@dataclass(frozen=True, slots=True)
class Usage:
    """A month. `instances` are processes, machines or dynos; `active_minutes` how long all of them together answer, of
    which `wakes` begin from sleep. `minutes_per_message` is how long a session is busy with one."""

    messages: float = 0
    minutes_per_message: float = 1.0
    instances: int = 1
    memory_gb: float = 0.5
    vcpus: float = 0.0  # mean use of an instance while it runs
    sleeps: bool = False
    active_minutes: float = 0
    wakes: float = 0
    disk_gb: float = 0
    egress_gb: float = 0
    objects_gb: float = 0
    object_writes: float = 0
    object_reads: float = 0
    sessions: float = 0  # that can be busy at once, at most; 0 is not known
    support: bool = False  # a plan of support, where the vendor sells one


@dataclass(frozen=True, slots=True)
class Line:
    """`quantity` is in the price's unit, before what is included."""

    sku: str
    quantity: float
    amount: float
    effective: date
    source: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """US dollars a month, with what was taken for granted, a sentence each."""

    low: float
    high: float
    lines: tuple[Line, ...]
    assumptions: tuple[str, ...] = field(default=())

    @property
    def oldest_price(self) -> date:
        """How old the oldest price in it is, for who reads it."""
        return min(line.effective for line in self.lines)
