"""Render, against a counterpart whose services run the very command and files that they were sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import CancelledError, UserError
from core.targets import Target
from deployments.platforms.cloud import BundleContent, Endpoints, Service
from deployments.platforms.render import MODULE
from tests.deployments.platforms.suite import Counterpart, Place, PlatformSuite
from tests.fakes.artefacts import Artefacts
from tests.fakes.render.server import RenderFake
from tests.fakes.render.shapes import operations
from tests.fakes.render.world import Service as RenderService
from tests.fakes.vendor import Fault, serving
from tests.progress import Said
from tests.runtime.targets import wait_until

_LIMIT = {"message": "Your workspace has reached its limit of free services"}
_DETAILS = {"plan": "free", "healthCheckPath": "/", "envSpecificDetails": {"dockerCommand": "sh"}}


@contextmanager
def made(folder: Path) -> Iterator[Counterpart]:
    fake, artefacts = RenderFake(folder), Artefacts()
    with serving(artefacts), serving(fake):
        platform = MODULE.connect({"key": "rnd_key"}, Endpoints(fake.url, fake.url))
        yield Counterpart(
            MODULE,
            platform,
            fake,
            Target.NODEJS,
            leftovers=lambda: list(_leftovers(fake)),
            foreign=lambda service: _foreign(fake, service),
            revoke=fake.keys.clear,
            domain_is_ready=fake.ready_dns.add,
            uploaded_bytes=lambda: 0,  # it takes none
            artefact=artefacts.of,
            quota_fault=Fault("POST /v1/services", 402, times=9, content=_LIMIT),
        )


def _leftovers(fake: RenderFake) -> Iterator[str]:
    for service in fake.services.values():
        yield f"service {service.name}"
        yield from (f"deploy {one.id}" for one in service.deploys)
        yield from (f"domain {name}" for name in service.domains)


def _foreign(fake: RenderFake, service: Service) -> None:
    body = {"image": {"imagePath": "docker.io/library/nginx"}, "serviceDetails": _DETAILS}
    fake.made_service(service.name, "tea-acme", body)


class TestRender(PlatformSuite):
    @pytest.fixture
    def counterpart(self, tmp_path: Path) -> Iterator[Counterpart]:
        with made(tmp_path) as given:
            yield given

    @pytest.mark.slow
    def test_a_lost_answer_anywhere_makes_nothing_twice(self, place: Place, bundle_one: BundleContent) -> None:
        super().test_a_lost_answer_anywhere_makes_nothing_twice(place, bundle_one)

    def test_a_release_makes_few_calls(self, place: Place, bundle_one: BundleContent) -> None:
        """Beside the looks at the deploy."""
        first = place.release(bundle_one)
        assert len(_asked(place)) == 3, _asked(place)
        place.given.fake.calls.clear()
        place.release(bundle_one)
        assert len(_asked(place)) == 6, _asked(place)
        place.given.fake.calls.clear()
        place.move(first)
        assert len(_asked(place)) == 5, _asked(place)
        assert any(call.endswith("/rollback") for call in _asked(place))

    def test_what_goes_on_serving_is_restarted_with_its_own_variables(
        self, place: Place, bundle_one: BundleContent, bundle_broken: BundleContent
    ) -> None:
        place.release(bundle_one, DEXTO_API_KEYS="key-one")
        with pytest.raises(UserError) as refused:
            place.release(bundle_broken, DEXTO_API_KEYS="key-two")
        assert refused.value.code == "release_unhealthy" and refused.value.next_step
        _service(place).restart()
        assert place.greeting("key-one") == "one"

    def test_a_release_that_is_cancelled_leaves_nothing_that_runs(
        self, place: Place, bundle_one: BundleContent, bundle_two: BundleContent
    ) -> None:
        place.release(bundle_one)
        place.said = Said(stop=CancelledError("cancelled", "This was cancelled."), stop_in="health")
        with pytest.raises(CancelledError):
            place.release(bundle_two)
        assert place.given.fake.calls[-2].endswith("/cancel")
        _service(place).restart()
        assert place.greeting() == "one"

    def test_who_asks_a_sleeping_agent_wakes_it_and_the_bundle_is_fetched_anew(
        self, place: Place, bundle_one: BundleContent
    ) -> None:
        place.release(bundle_one)
        _service(place).sleep()
        assert place.greeting() == "one"

    def test_a_deploy_that_render_no_longer_keeps_is_made_again_by_going_back(
        self, place: Place, bundle_one: BundleContent, bundle_two: BundleContent
    ) -> None:
        first = place.release(bundle_one)
        place.release(bundle_two)
        _service(place).gone.add(first.version.details["deploy"])
        place.move(first)
        assert place.greeting() == "one"

    def test_a_service_that_is_suspended_is_said_and_seen(
        self, place: Place, bundle_one: BundleContent, bundle_two: BundleContent
    ) -> None:
        place.release(bundle_one)
        _service(place).suspenders = ["billing"]
        with pytest.raises(UserError) as refused:
            place.release(bundle_two)
        assert "billing" in refused.value.sentence and "Resume" in refused.value.next_step
        observed = place.given.platform.inspect(place.service, place.memory("look"))
        assert observed.exists and "billing" in observed.missing[0]

    def test_a_deploy_of_somebody_else_is_seen(self, place: Place, bundle_one: BundleContent) -> None:
        place.release(bundle_one)
        service = _service(place)
        deploy = service.deploy()
        wait_until(lambda: service.look(deploy) or deploy.status == "live", "the other deploy is not live")
        assert place.given.platform.inspect(place.service, place.memory("look")).missing

    def test_a_plan_and_other_programs_come_with_the_next_release(
        self, place: Place, bundle_one: BundleContent
    ) -> None:
        place.release(bundle_one)
        service = _service(place)
        service.files, service.variables["DEXTO_CLOUD_LOADER"] = {}, "an earlier one's"
        place.service = replace(place.service, config={"plan": "starter"})
        place.release(bundle_one)
        assert service.details["plan"] == "starter" and set(service.files) == {"start.sh", "fetch.mjs"}

    @pytest.mark.parametrize("config", [{"region": "fra"}, {"disk": {}}, {"owner": "acme"}, {"size": 1}], ids=str)
    def test_a_config_that_is_wrong_is_said_before_anything_is_made(
        self, place: Place, bundle_one: BundleContent, config: dict[str, object]
    ) -> None:
        place.service = replace(place.service, config=config)
        with pytest.raises(UserError) as refused:
            place.release(bundle_one)
        assert refused.value.code == "destination_config_invalid" and place.given.fake.calls == []

    def test_a_key_that_sees_several_workspaces_has_to_name_one(
        self, counterpart: Counterpart, place: Place, bundle_one: BundleContent
    ) -> None:
        assert isinstance(counterpart.fake, RenderFake)
        counterpart.fake.owners["tea-other"] = "Other"
        assert "tea-other (Other)" in counterpart.platform.check().missing[0]
        with pytest.raises(UserError) as refused:
            place.release(bundle_one)
        assert refused.value.code == "destination_config_invalid"
        place.service = replace(place.service, config={"owner": "tea-other"})
        place.release(bundle_one)
        assert _service(place).owner == "tea-other"


def test_the_counterpart_serves_what_renders_own_client_asks(tmp_path: Path) -> None:
    if not operations():
        pytest.skip("the list of Render's operations is not beside this checkout")
    served = RenderFake(tmp_path).operations()
    assert not served - operations()


def _service(place: Place) -> RenderService:
    assert isinstance(place.given.fake, RenderFake)
    (found,) = place.given.fake.services.values()
    return found


def _asked(place: Place) -> list[str]:
    """Without the looks, whose number is a matter of time."""
    return [call for call in place.given.fake.calls if not re.fullmatch(r"GET .*/deploys/[\w-]+", call)]
