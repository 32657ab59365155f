"""A part of the traffic for another deployment: wanted, moved at the vendor, ended."""

from __future__ import annotations

import pytest

from core.errors import UserError
from deployments import actions, canaries
from deployments.models import Deployment
from tests import factories
from tests.deployments.cloud.test_releasing import Releasing, releasing

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["releasing"]


@pytest.fixture
def pair(releasing: Releasing) -> tuple[Deployment, Deployment]:
    """What serves, and what is staged beside it."""
    first = releasing.released()
    releasing.released(text="two")
    actions.roll_back(releasing.project, first, actor=None)
    return first, releasing.released(text="three")


def test_a_canary_gets_its_part_and_gives_it_back(releasing: Releasing, pair: tuple[Deployment, Deployment]) -> None:
    first, staged = pair
    name = releasing.service().name
    canaries.start(staged, 20, actor=None)
    releasing.work()
    assert releasing.vendor.serving(name) == {first.public_id: 80, staged.public_id: 20}
    assert releasing.service().shares == {first.public_id: 80, staged.public_id: 20}
    assert releasing.production().observed == first
    canaries.end(releasing.production(), actor=None)
    releasing.work()
    assert releasing.vendor.serving(name) == {first.public_id: 100}


def test_a_promotion_ends_it_with_all_of_the_traffic(releasing: Releasing, pair: tuple[Deployment, Deployment]) -> None:
    _first, staged = pair
    canaries.start(staged, 5, actor=None)
    releasing.work()
    actions.promote(staged, actor=None)
    releasing.work()
    assert releasing.vendor.serving(releasing.service().name) == {staged.public_id: 100}
    assert releasing.production().canary is None


@pytest.mark.parametrize("percent", [0, 100, -1])
def test_all_or_nothing_is_no_canary(pair: tuple[Deployment, Deployment], percent: int) -> None:
    with pytest.raises(UserError) as refused:
        canaries.start(pair[1], percent, actor=None)
    assert refused.value.code == "canary_percent"


def test_what_serves_already_is_no_canary(pair: tuple[Deployment, Deployment]) -> None:
    with pytest.raises(UserError) as refused:
        canaries.start(pair[0], 10, actor=None)
    assert refused.value.code == "already_current"


@pytest.mark.django_db(transaction=True)
def test_a_platform_that_cannot_divide_traffic_says_so() -> None:
    with pytest.raises(UserError) as refused:
        canaries.start(factories.ready(factories.project()), 10, actor=None)
    assert refused.value.code == "canary_unsupported"
