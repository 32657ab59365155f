"""Declared states: a row moves only along its table, by a conditional UPDATE."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet


@dataclass(frozen=True, slots=True)
class StateTable:
    """From each state to the states that may follow it; states without an entry are terminal."""

    steps: Mapping[str, Set[str]]

    def sources(self, to: str) -> list[str]:
        return [source for source, targets in self.steps.items() if to in targets]

    def states(self) -> frozenset[str]:
        return frozenset(map(str, self.steps)).union(*(map(str, targets) for targets in self.steps.values()))

    def is_terminal(self, state: str) -> bool:
        return not self.steps.get(state)

    def move(self, rows: QuerySet[Any], *, to: str, **values: Any) -> int:
        """How many rows moved. None moves that is not in a state from which `to` may follow."""
        return rows.filter(status__in=self.sources(to)).update(status=to, **values)
