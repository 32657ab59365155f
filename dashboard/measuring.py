"""A project's numbers as its page shows them: totals, drawings with the same in words, and a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from dashboard.charts import HEIGHT, WIDTH, nice_top, stacked, steps
from dashboard.templatetags.plain import duration
from deployments.metrics.reading import Metrics, Point, Range, Tally

_LAST: Final = {Range.HOUR: "the last hour", Range.DAY: "the last 24 hours", Range.WEEK: "the last 7 days"}


@dataclass(frozen=True, slots=True)
class Number:
    """A total: what it is of, what it is, and what a person asks next."""

    label: str
    value: str
    more: str
    is_bad: bool = False


@dataclass(frozen=True, slots=True)
class Layer:
    """One kind of number in a drawing: the class of its colour, its name, its path."""

    kind: str
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Column:
    """A step, or a moment, with what to say of it where the pointer rests."""

    x: float
    width: float
    at: datetime
    said: str


@dataclass(frozen=True, slots=True)
class Chart:
    """`top` is the number at the upper edge; `said` the whole drawing in words."""

    key: str
    title: str
    top: str
    layers: tuple[Layer, ...]
    columns: tuple[Column, ...]
    said: str
    is_line: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A step of the table; `epoch` finds it in the logs."""

    at: datetime
    epoch: int
    tally: Tally
    typical: str
    slow: str


@dataclass(frozen=True, slots=True)
class Kind:
    """How a drawing gets its numbers: for each layer a class, a name, and the number of a tally."""

    key: str
    title: str
    layers: tuple[tuple[str, str, Callable[[Tally], float | None]], ...]
    said: Callable[[float], str]
    is_line: bool = False


_KINDS: Final = (
    Kind(
        "requests",
        "Requests",
        (
            ("good", "answered", lambda one: one.others),
            ("warn", "client errors (4xx)", lambda one: one.client_errors),
            ("bad", "server errors (5xx)", lambda one: one.server_errors),
        ),
        lambda number: f"{number:,.0f}",
    ),
    Kind("errors", "Error rate", (("bad", "failed", lambda one: one.error_rate or 0),), lambda part: share(part)),
    Kind(
        "latency",
        "Latency",
        (
            ("info", "half within (p50)", lambda one: one.seconds(0.5)),
            ("warn", "95 % within", lambda one: one.seconds(0.95)),
        ),
        duration,
        is_line=True,
    ),
    Kind(
        "tokens",
        "Tokens",
        (("muted", "read", lambda one: one.input_tokens), ("accent", "written", lambda one: one.output_tokens)),
        lambda number: compact(number),
    ),
)


def shown(metrics: Metrics) -> dict[str, Any]:
    """What the page's template takes."""
    return {
        "metrics": metrics,
        "each": "each minute" if metrics.range is Range.HOUR else f"each {_long(metrics.step.total_seconds())}",
        "numbers": _numbers(metrics.total),
        "charts": [_chart(kind, metrics) for kind in _KINDS],
        "marks": [_mark(metrics, one.at, f"{one.deployment} ({one.cause})") for one in metrics.switches],
        "axis": _axis(metrics),
        "axis_shows": "clock" if metrics.range is Range.HOUR else "day",
        "rows": [_row(point) for point in reversed(metrics.points) if point.tally != Tally()],
        "box": {"width": WIDTH, "height": HEIGHT},
        "is_empty": metrics.total == Tally(),
    }


def share(part: float) -> str:
    """In percent; what is above nothing is never 0 %."""
    percent = part * 100
    if 0 < percent < 0.1:
        return "< 0.1 %"
    return f"{percent:.0f} %" if percent >= 10 or percent == round(percent) else f"{percent:.1f} %"


def compact(number: float) -> str:
    """Such as 940, 12.3k, 4.0M."""
    for size, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")):
        if number >= size:
            return f"{number / (1e3 if unit == 'k' else size):.1f}{unit}"
    return f"{number:,.0f}"


def _numbers(total: Tally) -> list[Number]:
    rate = "" if total.error_rate is None else f"{share(total.error_rate)} of all"
    slow = " · ".join(f"{name} {_seconds(total.seconds(part))}" for name, part in (("p95", 0.95), ("p99", 0.99)))
    return [
        Number("Requests", compact(total.requests), f"{total.requests:,}" if total.requests >= 10_000 else ""),
        Number("Server errors", compact(total.server_errors), rate, is_bad=total.server_errors > 0),
        Number("Client errors", compact(total.client_errors), "4xx"),
        Number("Latency p50", _seconds(total.seconds(0.5)), slow),
        Number("Tokens", compact(total.input_tokens + total.output_tokens), _tokens(total)),
    ]


def _tokens(total: Tally) -> str:
    return f"{compact(total.input_tokens)} read, {compact(total.output_tokens)} written"


def _chart(kind: Kind, metrics: Metrics) -> Chart:
    rows = [[number(point.tally) for point in metrics.points] for _class, _name, number in kind.layers]
    largest = _largest(rows, together=not kind.is_line)
    top = nice_top(largest)
    filled = [[value or 0.0 for value in row] for row in rows]
    paths = [steps(row, top) for row in rows] if kind.is_line else stacked(filled, top)
    layers = tuple(Layer(css, name, path) for (css, name, _number), path in zip(kind.layers, paths, strict=True))
    said = f"{kind.title} of {_LAST[metrics.range]}, at most {kind.said(largest)}."
    return Chart(kind.key, kind.title, kind.said(top), layers, _columns(kind, metrics.points, rows), said, kind.is_line)


def _largest(rows: Sequence[Sequence[float | None]], *, together: bool) -> float:
    columns = [[value or 0.0 for value in column] for column in zip(*rows, strict=True)]
    return max((sum(column) if together else max(column) for column in columns), default=0.0)


def _columns(kind: Kind, points: Sequence[Point], rows: Sequence[Sequence[float | None]]) -> tuple[Column, ...]:
    """Of steps in which something happened."""
    width = WIDTH / len(points)
    found = []
    for index, (point, *values) in enumerate(zip(points, *rows, strict=True)):
        if point.tally != Tally():
            pairs = zip(kind.layers, values, strict=True)
            words = ", ".join(
                f"{kind.said(value)} {name}" for (_css, name, _number), value in pairs if value is not None
            )
            found.append(Column(index * width, width, point.at, words or "nothing timed"))
    return tuple(found)


def _mark(metrics: Metrics, at: datetime, what: str) -> Column:
    part = (at - metrics.since) / (metrics.until - metrics.since)
    return Column(min(WIDTH, max(0.0, part * WIDTH)), 0, at, f"production went to {what}")


def _axis(metrics: Metrics) -> list[datetime]:
    return [metrics.since, metrics.since + (metrics.until - metrics.since) / 2, metrics.until]


def _row(point: Point) -> Row:
    tally = point.tally
    epoch = int(point.at.timestamp())
    return Row(point.at, epoch, tally, _seconds(tally.seconds(0.5)), _seconds(tally.seconds(0.95)))


def _seconds(value: float | None) -> str:
    return "–" if value is None else duration(value)


def _long(seconds: float) -> str:
    return f"{seconds / 3600:.0f} hours" if seconds >= 3_600 else f"{seconds / 60:.0f} minutes"
