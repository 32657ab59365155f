"""The cost model against figures that were worked out by hand from the prices of November 2025."""

from __future__ import annotations

from datetime import date

import pytest

from core.targets import Platform, Target
from costs.book import PriceUnknownError, published
from costs.estimates import estimate
from costs.models import MODELS
from costs.usage import Usage

_THEN = published().on(date(2025, 11, 30))
_NODEJS = Target.NODEJS


def test_cloudflare_charges_what_is_beyond_its_plan() -> None:
    cases = {
        Usage(messages=3_000, minutes_per_message=0.1, objects_gb=1): 5.0,
        Usage(messages=300_000, minutes_per_message=5, objects_gb=50): 144.60,
        Usage(messages=3_000_000, minutes_per_message=3, objects_gb=200, object_reads=10_000_000): 866.85,
        Usage(messages=300_000, minutes_per_message=3, objects_gb=200, object_reads=10_000_000): 89.25,
        Usage(messages=3_000_000, minutes_per_message=3): 864.0,
        Usage(messages=30_000_000, minutes_per_message=3): 8_640.075,
    }
    for usage, dollars in cases.items():
        assert estimate(Target.CLOUDFLARE, Platform.CLOUDFLARE, usage, _THEN).high == pytest.approx(dollars)


def test_one_object_that_is_always_busy_is_within_the_plan_and_ten_cost_what_ten_can() -> None:
    one, ten = (Usage(messages=300_000, minutes_per_message=5, sessions=sessions) for sessions in (1, 10))
    assert estimate(Target.CLOUDFLARE, Platform.CLOUDFLARE, one, _THEN).high == pytest.approx(5.0)
    assert estimate(Target.CLOUDFLARE, Platform.CLOUDFLARE, ten, _THEN).high == pytest.approx(5.0 + 37.048)


def test_objects_that_sleep_between_messages_cost_a_fiftieth_at_best() -> None:
    found = estimate(Target.CLOUDFLARE, Platform.CLOUDFLARE, Usage(messages=3_000_000, minutes_per_message=3), _THEN)
    assert found.low == pytest.approx(5 + 12.28) and found.high == pytest.approx(864.0)
    assert len(found.assumptions) == 3


@pytest.mark.parametrize(
    ("usage", "high"),
    [
        (Usage(memory_gb=2, disk_gb=10), 27.7356),
        (Usage(instances=100, disk_gb=10), 513.39),
        (Usage(instances=10, disk_gb=10), 58.089),
        (Usage(sleeps=True, active_minutes=100 * 90, disk_gb=10), 8.5395),
        (Usage(sleeps=True, active_minutes=100 * 90, wakes=100 * 30, disk_gb=10), 12.0045),
        (Usage(sleeps=True, active_minutes=1_000 * 30, disk_gb=100), 33.465),
        (Usage(sleeps=True, active_minutes=10_000 * 3, disk_gb=500), 133.465),
    ],
)
def test_railway_charges_memory_by_the_minute(usage: Usage, high: float) -> None:
    found = estimate(_NODEJS, Platform.RAILWAY, usage, _THEN)
    assert found.high == pytest.approx(high) and found.low == pytest.approx(max(5.0, high - 5.0))


def test_railways_later_prices_take_the_place_of_the_earlier_ones() -> None:
    usage = Usage(memory_gb=1, disk_gb=10, egress_gb=100, vcpus=0.1)
    before, now = estimate(_NODEJS, Platform.RAILWAY, usage, _THEN), estimate(_NODEJS, Platform.RAILWAY, usage)
    assert before.high == pytest.approx(5 + 10.1178 + 2.5)
    assert now.high == pytest.approx(5 + 10.1178 + 1.5 + 5 + 2)
    assert now.oldest_price == date(2025, 11, 1)


def test_render_charges_plans_and_disks() -> None:
    assert estimate(_NODEJS, Platform.RENDER, Usage(memory_gb=2, disk_gb=10), _THEN).high == 27.5
    assert estimate(_NODEJS, Platform.RENDER, Usage(instances=100, disk_gb=100), _THEN).high == 925.0
    assert estimate(_NODEJS, Platform.RENDER, Usage(sleeps=True), _THEN).high == 0.0
    assert estimate(_NODEJS, Platform.RENDER, Usage(sleeps=True, disk_gb=1), _THEN).high == 9.25


@pytest.mark.parametrize(
    ("usage", "dollars"),
    [
        (Usage(memory_gb=2, disk_gb=10, egress_gb=100, support=True), 44.50),
        (Usage(memory_gb=0.25, instances=100, sleeps=True, active_minutes=9_000, egress_gb=100, support=True), 35.26),
        (
            Usage(memory_gb=0.25, instances=1_000, sleeps=True, active_minutes=30_000, egress_gb=100, support=True),
            70.80,
        ),
        (Usage(memory_gb=0.25, instances=100, egress_gb=100, support=True), 233.0),
    ],
)
def test_fly_charges_machines_that_run_and_the_disks_of_those_that_do_not(usage: Usage, dollars: float) -> None:
    """One hundred that always run have no stopped file systems to pay for."""
    assert estimate(_NODEJS, Platform.FLY, usage, _THEN).high == pytest.approx(dollars)


def test_heroku_charges_dynos_of_half_a_gigabyte() -> None:
    assert estimate(_NODEJS, Platform.HEROKU, Usage(sleeps=True), _THEN).high == 5.0
    assert estimate(_NODEJS, Platform.HEROKU, Usage(instances=100), _THEN).high == 700.0
    assert estimate(_NODEJS, Platform.HEROKU, Usage(memory_gb=2), _THEN).high == 100.0


def test_aws_charges_by_the_second_of_memory() -> None:
    found = estimate(Target.LAMBDA, Platform.AWS, Usage(messages=2_000_000, minutes_per_message=1 / 60, memory_gb=1))
    assert found.low == pytest.approx(0.2 + 1_600_000 * 0.0000166667)
    assert found.high == pytest.approx(0.4 + 2_000_000 * 0.0000166667)


def test_every_platform_has_a_model_and_every_price_its_source() -> None:
    assert set(MODELS) == set(Platform)
    for price in published().prices:
        assert price.source.startswith("https://") and price.unit and price.price >= 0


def test_what_the_book_does_not_have_is_said() -> None:
    with pytest.raises(PriceUnknownError):
        published().on(date(2025, 1, 1)).price("railway", "memory")
    with pytest.raises(ValueError, match="lambda does not run on fly"):
        estimate(Target.LAMBDA, Platform.FLY, Usage())
