"""What the platform asks of each adapter without a vendor: its form, its table, and the questions that reach nobody."""

from __future__ import annotations

import pytest

from core.targets import PLATFORMS, Platform
from deployments.cloud.accounts import connect_to_nobody
from deployments.platforms import CLOUDS, traits_of
from deployments.platforms.cloud import Service, Version


@pytest.mark.parametrize("platform", list(CLOUDS))
def test_a_rollback_is_asked_about_without_opening_a_credential(platform: Platform) -> None:
    """The page asks before each click; a vendor's own details are not ours to know, and {} are none of a refusal."""
    vendor = connect_to_nobody(platform.value)
    service = Service("agent", "dexto:test:1")
    assert vendor.refusal(service, Version("2"), Version("1")) is None


@pytest.mark.parametrize("platform", list(CLOUDS))
def test_its_form_says_where_each_value_is_to_be_had(platform: Platform) -> None:
    fields = CLOUDS[platform].credentials
    assert len({field.name for field in fields}) == len(fields) > 0
    assert all(field.label and field.hint for field in fields)


def test_every_platform_that_runs_a_target_has_a_table() -> None:
    for platform in {one for several in PLATFORMS.values() for one in several}:
        assert traits_of(platform) is not None
