"""Each answer of a later release and of the move back lost in turn: what the suite asks of a first release, asked of
what comes after it."""

from __future__ import annotations

from contextlib import suppress

from core.errors import PlatformError
from deployments.platforms.cloud import BundleContent, Share
from tests.deployments.platforms.suite import Place
from tests.fakes.vendor import Fault


def later_answers_lost(place: Place, bundle_one: BundleContent, bundle_two: BundleContent) -> None:
    first = place.release(bundle_one)
    before = len(place.given.leftovers())
    for skip in range(30):
        fault = Fault("", lost=True, skip=skip)
        place.given.fake.faults = [fault]
        second = _released(place, bundle_two, f"later{skip}")
        _moved(place, first)
        place.given.fake.faults = []
        assert place.greeting() == "one", f"after the loss of call {skip}"
        _moved(place, second)
        assert place.greeting() == "two", f"after the loss of call {skip}"
        _moved(place, first)
        place.given.platform.discard(place.service, second.version, place.memory("discard"))
        assert len(place.given.leftovers()) == before, f"after the loss of call {skip}"
        if fault.times:
            return
    raise AssertionError("a release and a move make more than 30 calls")


def _released(place: Place, bundle: BundleContent, name: str) -> Share:
    wish = place.wish(bundle, name=name)
    for _attempt in range(5):
        with suppress(PlatformError):
            return place.released(wish)
    raise AssertionError("five attempts were not enough")


def _moved(place: Place, share: Share) -> None:
    for _attempt in range(5):
        with suppress(PlatformError):
            place.move(share)
            return
    raise AssertionError("five attempts were not enough")
