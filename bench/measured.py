"""What a benchmark says: numbers beside what is asked of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measured:
    """A number with its bound: at most `asked`, or at least where `at_least`. Without a bound it is for reading."""

    key: str  # in the JSON line
    name: str
    value: float
    unit: str
    asked: float | None = None
    at_least: bool = False

    @property
    def holds(self) -> bool:
        if self.asked is None:
            return True
        return self.value >= self.asked if self.at_least else self.value <= self.asked

    def line(self) -> str:
        if self.asked is None:
            verdict, bound = "      ", ""
        else:
            verdict = "ok    " if self.holds else "MISSED"
            bound = f"{'≥' if self.at_least else '≤'} {self.asked:g} {self.unit}"
        return f"  {verdict} {self.name:<62} {self.value:>9.3g} {self.unit:<4} {bound}"


def table(results: Iterable[Measured]) -> str:
    return "\n".join(one.line() for one in results)


def percentile(values: list[float], share: float) -> float:
    """The value below which that share of them lies, by nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
