"""Fly.io, against a counterpart whose machines run the very command and files that they were sent."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import CancelledError, PlatformError, UserError
from core.targets import Target
from deployments.platforms.cloud import BundleContent, Endpoints, Service
from deployments.platforms.fly import MODULE
from tests.deployments.platforms.suite import Counterpart, Place, PlatformSuite
from tests.fakes.artefacts import Artefacts
from tests.fakes.fly.server import FlyFake
from tests.fakes.fly.world import App
from tests.fakes.vendor import Fault, serving
from tests.progress import Said

_LIMIT = {"error": "Your organization has reached its machine limit. Please contact billing@fly.io"}
_DISK = {"region": "fra", "volume": {"sizeGb": 2}}


@contextmanager
def made(folder: Path) -> Iterator[Counterpart]:
    fake, artefacts = FlyFake(folder), Artefacts()
    with serving(artefacts), serving(fake):
        platform = MODULE.connect({"token": "fly-token"}, Endpoints(fake.url, fake.url))
        yield Counterpart(
            MODULE,
            platform,
            fake,
            Target.NODEJS,
            leftovers=lambda: list(_leftovers(fake)),
            foreign=lambda service: _foreign(fake, service),
            revoke=fake.tokens.clear,
            domain_is_ready=fake.ready_dns.add,
            uploaded_bytes=lambda: 0,  # it takes none
            artefact=artefacts.of,
            quota_fault=Fault("/machines", 422, times=9, content=_LIMIT),
        )


def _leftovers(fake: FlyFake) -> Iterator[str]:
    for app in fake.apps.values():
        if app.org in fake.orgs:
            yield f"app {app.name}"
            yield from (f"machine {id_}" for id_ in app.machines)
            yield from (f"volume {id_}" for id_ in app.volumes)
            yield from (f"secret {name}" for name in app.secrets)
            yield from (f"address {one['ip']}" for one in app.addresses)
            yield from (f"certificate {name}" for name in app.certificates)


def _foreign(fake: FlyFake, service: Service) -> None:
    fake.made_app(service.name, "somebody-else", "default")


class TestFly(PlatformSuite):
    @pytest.fixture
    def counterpart(self, tmp_path: Path) -> Iterator[Counterpart]:
        with made(tmp_path) as given:
            yield given

    @pytest.mark.slow
    def test_a_lost_answer_anywhere_makes_nothing_twice(self, place: Place, bundle_one: BundleContent) -> None:
        super().test_a_lost_answer_anywhere_makes_nothing_twice(place, bundle_one)

    def test_a_release_makes_few_calls(self, place: Place, bundle_one: BundleContent) -> None:
        """Beside the looks at the machine while it starts."""
        first = place.release(bundle_one)
        assert len(_asked(place)) == 7, _asked(place)
        place.given.fake.calls.clear()
        place.release(bundle_one)
        assert len(_asked(place)) == 7, _asked(place)
        place.given.fake.calls.clear()
        place.move(first)
        assert len(_asked(place)) == 6, _asked(place)

    def test_a_release_that_is_cancelled_leaves_nothing_that_runs(
        self, place: Place, bundle_one: BundleContent, bundle_two: BundleContent
    ) -> None:
        place.release(bundle_one)
        before = [word for word in place.given.leftovers() if word.startswith("machine")]
        place.said = Said(stop=CancelledError("cancelled", "This was cancelled."), stop_in="health")
        with pytest.raises(CancelledError):
            place.release(bundle_two)
        assert [word for word in place.given.leftovers() if word.startswith("machine")] == before
        assert place.greeting() == "one"

    def test_who_asks_a_sleeping_agent_wakes_it_and_the_bundle_is_fetched_anew(
        self, place: Place, bundle_one: BundleContent
    ) -> None:
        place.release(bundle_one)
        app = _app(place)
        (machine,) = app.machines.values()
        machine.stop()
        assert place.greeting() == "one" and machine.state == "started"
        assert place.given.platform.inspect(place.service, place.memory("look")).shares

    def test_no_machine_tells_a_secret_and_none_sees_another_releases(
        self, place: Place, bundle_one: BundleContent
    ) -> None:
        place.release(bundle_one, DEXTO_API_KEYS="key-of-the-first")
        share = place.release(bundle_one, DEXTO_API_KEYS="key-of-the-second")
        machines = _app(place).machines.values()
        assert "key-of-the" not in str([one.config for one in machines])
        (serving,) = (one for one in machines if not one.is_cordoned)
        assert serving.agent is not None
        environment = Path(f"/proc/{serving.agent.process.pid}/environ").read_text()
        assert "DEXTO_API_KEYS=key-of-the-second" in environment
        assert share.release.artefact is not None and share.release.artefact.token not in environment
        assert "DEXTO_RELEASE_" not in environment

    def test_a_bundle_that_is_not_the_one_that_was_released_never_runs(
        self, place: Place, bundle_one: BundleContent
    ) -> None:
        assert place.given.artefact is not None
        artefacts = place.given.artefact.__self__  # type: ignore[attr-defined]  # the method's own server
        artefacts.spoiled = True
        with pytest.raises(UserError) as refused:
            place.released(replace(place.wish(bundle_one), health_seconds=2))
        assert refused.value.code == "release_unhealthy"
        assert any("sha256" in line for line in place.said.lines)
        assert not [word for word in place.given.leftovers() if word.startswith(("machine", "secret"))]

    def test_a_machine_that_somebody_destroyed_is_made_again_by_going_back(
        self, place: Place, bundle_one: BundleContent, bundle_two: BundleContent
    ) -> None:
        first = place.release(bundle_one)
        place.release(bundle_two)
        app = _app(place)
        app.destroy(next(iter(app.machines.values())))
        place.move(first)
        assert place.greeting() == "one"

    def test_with_a_disk_the_one_machine_changes_in_its_place_and_goes_back_where_it_is_not_well(
        self, place: Place, bundle_one: BundleContent, bundle_two: BundleContent, bundle_broken: BundleContent
    ) -> None:
        place.service = replace(place.service, config=_DISK)
        first = place.release(bundle_one)
        (volume,) = _app(place).volumes.values()
        (volume.folder / "kept").write_text("by the agent")
        place.release(bundle_two)
        assert place.greeting() == "two"
        with pytest.raises(UserError):
            place.released(replace(place.wish(bundle_broken), health_seconds=5))
        assert place.greeting() == "two"
        place.move(first)
        assert place.greeting() == "one" and (volume.folder / "kept").read_text() == "by the agent"
        (machine,) = _app(place).machines.values()
        assert machine.lease == ("", 0.0) and len(_app(place).volumes) == 1

    def test_a_machine_that_somebody_else_changes_is_waited_for(
        self, place: Place, bundle_one: BundleContent, bundle_two: BundleContent
    ) -> None:
        place.service = replace(place.service, config=_DISK)
        place.release(bundle_one)
        (machine,) = _app(place).machines.values()
        machine.lease = ("of-somebody", time.monotonic() + 60)
        with pytest.raises(PlatformError) as busy:
            place.release(bundle_two)
        assert busy.value.code == "vendor_busy" and place.greeting() == "one"

    @pytest.mark.parametrize(
        "config", [{"region": "frankfurt"}, {"memory": 300}, {"volume": {}}, {"size": "large"}], ids=str
    )
    def test_a_config_that_is_wrong_is_said_before_anything_is_made(
        self, place: Place, bundle_one: BundleContent, config: dict[str, object]
    ) -> None:
        place.service = replace(place.service, config=config)
        with pytest.raises(UserError) as refused:
            place.release(bundle_one)
        assert refused.value.code == "destination_config_invalid" and place.given.fake.calls == []

    def test_an_organization_that_the_token_does_not_see_is_missing(self, counterpart: Counterpart) -> None:
        fake = counterpart.fake
        endpoints = Endpoints(fake.url, fake.url)
        found = MODULE.connect({"token": "fly-token", "org": "others"}, endpoints).check()
        assert "others" in found.missing[0]


def _app(place: Place) -> App:
    assert isinstance(place.given.fake, FlyFake)
    return place.given.fake.apps[place.service.name]


def _asked(place: Place) -> list[str]:
    """Without the looks, whose number is a matter of time."""
    return [call for call in place.given.fake.calls if not re.fullmatch(r"GET .*/machines/\w+", call)]
