"""The price book: what each vendor asks, for what, since when, and where it says so."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for one `unit`, beyond `included` units a month."""

    provider: str
    sku: str
    unit: str
    price: float
    included: float
    effective: date
    source: str

    def of(self, quantity: float) -> float:
        return max(0.0, quantity - self.included) * self.price


class PriceUnknownError(LookupError):
    """The book has no price for this on that day."""


@dataclass(frozen=True, slots=True)
class PriceBook:
    prices: tuple[Price, ...]

    def on(self, day: date) -> PriceBook:
        """As it was on that day: of each sku the price that held then."""
        held: dict[tuple[str, str], Price] = {}
        for price in sorted(self.prices, key=lambda one: one.effective):
            if price.effective <= day:
                held[(price.provider, price.sku)] = price
        return PriceBook(tuple(held.values()))

    def price(self, provider: str, sku: str) -> Price:
        """The newest. Raises PriceUnknownError."""
        found = [one for one in self.prices if (one.provider, one.sku) == (provider, sku)]
        if not found:
            raise PriceUnknownError(f"{provider} {sku}")
        return max(found, key=lambda one: one.effective)

    def has(self, provider: str, sku: str) -> bool:
        return any((one.provider, one.sku) == (provider, sku) for one in self.prices)

    def plans(self, provider: str, name: str = "") -> Iterator[tuple[int, Price]]:
        """What is sold by memory, as (MB, price), the smallest first: `name.512`, of any name where that is empty."""
        sizes: list[tuple[int, Price]] = []
        for one in self.prices:
            plan, _, megabytes = one.sku.rpartition(".")
            if one.provider == provider and megabytes.isdecimal() and name in ("", plan):
                sizes.append((int(megabytes), one))
        yield from sorted(sizes, key=lambda pair: (pair[0], pair[1].price))


@cache
def published() -> PriceBook:
    """The one that this version of ours comes with."""
    return book_of(files("costs").joinpath("prices.toml").read_text())


def book_of(text: str) -> PriceBook:
    entries: Iterable[dict[str, object]] = tomllib.loads(text)["price"]
    return PriceBook(tuple(_price(entry) for entry in entries))


def _price(entry: dict[str, object]) -> Price:
    return Price(
        str(entry["provider"]),
        str(entry["sku"]),
        str(entry["unit"]),
        float(str(entry["price"])),
        float(str(entry["included"])),
        date.fromisoformat(str(entry["effective"])),
        str(entry["source"]),
    )
