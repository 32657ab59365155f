"""One model per platform: lines of a bill, the least and the most that it comes to, and what was taken for granted."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from core.targets import Platform
from costs.book import Price, PriceBook
from costs.usage import HOURS_PER_MONTH, Estimate, Line, Usage

Model = Callable[[PriceBook, Usage], Estimate]
_MINUTES: Final = HOURS_PER_MONTH * 60
_MILLION: Final = 1_000_000
_OBJECT_GB: Final = 0.128  # for which a Durable Object is billed
_MESSAGES_PER_REQUEST: Final = 20  # incoming WebSocket messages
_HIBERNATION: Final = 50.0  # how much less an object is busy that sleeps between two messages, at best
_RAILWAY_TAIL: Final = 10.0  # minutes without a request before it sleeps
_FLY_ROOTFS_GB: Final = 0.256


def cloudflare(book: PriceBook, usage: Usage) -> Estimate:
    busy = usage.messages * usage.minutes_per_message * 60 * _OBJECT_GB
    most = usage.sessions * HOURS_PER_MONTH * 3_600 * _OBJECT_GB
    seconds = min(busy, most) if usage.sessions else busy
    requests = usage.messages / _MESSAGES_PER_REQUEST / _MILLION
    lines = [
        _line(book, "cloudflare", "workers.plan", 1),
        _line(book, "cloudflare", "durable_objects.requests", requests),
        _line(book, "cloudflare", "durable_objects.duration", seconds / _MILLION),
        _line(book, "cloudflare", "r2.storage", usage.objects_gb),
        _line(book, "cloudflare", "r2.class_a", usage.object_writes / _MILLION),
        _line(book, "cloudflare", "r2.class_b", usage.object_reads / _MILLION),
    ]
    asleep = book.price("cloudflare", "durable_objects.duration").of(seconds / _MILLION / _HIBERNATION)
    total = _total(lines)
    return Estimate(
        total - lines[2].amount + asleep,
        total,
        tuple(lines),
        (
            "Callers are connected by WebSocket: twenty messages are one request.",
            "At most an object is busy for the whole of a message; at least it sleeps for all but a fiftieth of it.",
            "Rows of the objects' databases stay within what the plan includes.",
        ),
    )


def aws(book: PriceBook, usage: Usage) -> Estimate:
    seconds = usage.messages * usage.minutes_per_message * 60 * usage.memory_gb
    lines = [
        _line(book, "aws", "lambda.requests", usage.messages / _MILLION),
        _line(book, "aws", "lambda.duration", seconds),
    ]
    without_free = sum(one.quantity * book.price("aws", one.sku).price for one in lines)
    free = "At least nothing else of the account uses Lambda's free tier; at most all of it is used up."
    return Estimate(_total(lines), without_free, tuple(lines), (free, "The agent's store and egress are not counted."))


def vercel(book: PriceBook, usage: Usage) -> Estimate:  # noqa: ARG001  # a plan for each person
    line = _line(book, "vercel", "pro.plan", 1)
    said = "One person on the plan Pro; what functions use beyond what it includes is not counted."
    return Estimate(0.0, line.amount, (line,), ("At least it is the plan Hobby, for what earns no money.", said))


def railway(book: PriceBook, usage: Usage) -> Estimate:
    """Its plan's price includes as much of use."""
    plan = _line(book, "railway", "plan", 1)
    minutes = usage.active_minutes if usage.sleeps else usage.instances * _MINUTES
    tail = usage.wakes * _RAILWAY_TAIL if usage.sleeps else 0.0
    used = [
        _line(book, "railway", "memory", (minutes + tail) * usage.memory_gb),
        _line(book, "railway", "volume", usage.disk_gb),
        _line(book, "railway", "egress", usage.egress_gb),
    ]
    if usage.vcpus and book.has("railway", "cpu"):
        used.append(_line(book, "railway", "cpu", usage.vcpus * (minutes + tail) / _MINUTES))
    total = _total(used)
    return Estimate(
        max(plan.amount, total),
        plan.amount + total,
        (plan, *used),
        (
            "At least the plan's price counts against what is used, as Railway says; at most it comes on top.",
            "What sleeps is paid for another ten minutes after each wake." if usage.sleeps else "It runs all month.",
        ),
    )


def render(book: PriceBook, usage: Usage) -> Estimate:
    plan = _plan(book.plans("render"), usage.memory_gb, allow_free=usage.sleeps and not usage.disk_gb)
    lines = [_sold(plan, usage.instances), _line(book, "render", "disk", usage.disk_gb)]
    said = f"Each instance is of the plan {plan.sku.partition('.')[0]}; egress stays within what it includes."
    return Estimate(_total(lines), _total(lines), tuple(lines), (said,))


def fly(book: PriceBook, usage: Usage) -> Estimate:
    lines = [_line(book, "fly", "egress", usage.egress_gb)]
    if usage.sleeps:
        hours = _line(book, "fly", "shared.256.hour", usage.active_minutes / 60 * max(1.0, usage.memory_gb / 0.25))
        stored = usage.instances * _FLY_ROOTFS_GB + usage.disk_gb
        lines += [hours, _line(book, "fly", "storage", stored)]
        said = "A machine that is stopped costs its file system, a quarter of a GB; memory is paid by the hour."
    else:
        plan = _plan(book.plans("fly", "shared"), usage.memory_gb, allow_free=False)
        lines += [_sold(plan, usage.instances), _line(book, "fly", "storage", usage.disk_gb)]
        said = "Machines run all month, on shared processors."
    if usage.support:
        lines.append(_line(book, "fly", "support", 1))
    total = _total(lines)
    shared = "The address is a shared one; egress is of North America and Europe."
    return Estimate(total, total, tuple(lines), (said, shared))


def heroku(book: PriceBook, usage: Usage) -> Estimate:
    """A dyno has half a GB, and two of them do not have one together: an agent that needs more needs another plan."""
    dynos = usage.instances * math.ceil(usage.memory_gb / 0.5)
    sku = "eco.512" if usage.sleeps and dynos <= 2 else "basic.512" if usage.memory_gb <= 0.5 else "standard.512"
    line = _line(book, "heroku", sku, 1 if sku.startswith("eco") else dynos)
    return Estimate(line.amount, line.amount, (line,), ("A database is not counted.",))


def local(book: PriceBook, usage: Usage) -> Estimate:  # noqa: ARG001  # it is the installation's own machine
    return Estimate(0.0, 0.0, (), ("It runs on this installation's own machines.",))


MODELS: Mapping[Platform, Model] = {
    Platform.LOCAL: local,
    Platform.CLOUDFLARE: cloudflare,
    Platform.AWS: aws,
    Platform.VERCEL: vercel,
    Platform.RAILWAY: railway,
    Platform.RENDER: render,
    Platform.FLY: fly,
    Platform.HEROKU: heroku,
}


def _line(book: PriceBook, provider: str, sku: str, quantity: float) -> Line:
    return _sold(book.price(provider, sku), quantity)


def _sold(price: Price, quantity: float) -> Line:
    return Line(price.sku, quantity, price.of(quantity), price.effective, price.source)


def _plan(plans: Iterable[tuple[int, Price]], memory_gb: float, *, allow_free: bool) -> Price:
    """The cheapest with enough memory, or the largest there is."""
    sold = [(megabytes, price) for megabytes, price in plans if price.price or allow_free]
    return next((price for megabytes, price in sold if megabytes >= memory_gb * 1_000), sold[-1][1])


def _total(lines: Iterable[Line]) -> float:
    return sum(line.amount for line in lines)
