"""railway, against a fake that executes its schema and really runs what it is sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from builds.bundle import MadeBundle
from core.errors import PlatformError, UserError
from core.targets import Target
from deployments.platforms.cloud import BundleContent, Endpoints, Service
from deployments.platforms.railway import MODULE
from tests.deployments.platforms.conftest import Built
from tests.deployments.platforms.suite import Counterpart, Place, PlatformSuite, ask
from tests.fakes.railway import FakeRailway
from tests.fakes.railway.description import cut, described_at, schema
from tests.fakes.railway.server import PROJECT_TOKEN, TOKEN
from tests.fakes.railway.world import Project
from tests.fakes.railway.world import Service as FakeService
from tests.fakes.vendor import Fault, serving

_QUOTA = "Free plan resource provision limit exceeded. Please upgrade to provision more resources!"


@contextmanager
def made(folder: Path, model_url: str = "") -> Iterator[Counterpart]:
    fake = FakeRailway(folder)
    with serving(fake):
        yield _counterpart(fake)


def _counterpart(fake: FakeRailway) -> Counterpart:
    def foreign(service: Service) -> None:
        project = Project(service.name, "somebody else's")
        fake.world.projects[project.id] = project

    def domain_is_ready(hostname: str) -> None:
        for service in fake.world.services():
            if hostname in service.custom_domains:
                service.custom_domains[hostname].is_ready = True

    return Counterpart(
        MODULE,
        MODULE.connect({"token": TOKEN}, Endpoints(fake.url, fake.url)),
        fake,
        Target.NODEJS,
        leftovers=lambda: list(_leftovers(fake)),
        foreign=foreign,
        revoke=fake.tokens.clear,
        domain_is_ready=domain_is_ready,
        uploaded_bytes=lambda: fake.world.uploaded,
        quota_fault=Fault("/graphql", 200, skip=2, content={"errors": [{"message": _QUOTA}], "data": None}),
    )


def _leftovers(fake: FakeRailway) -> Iterator[str]:
    for project in fake.world.projects.values():
        yield f"project {project.name}"
        for service in project.services.values():
            yield f"service {service.name}"
            yield from (f"domain {name}" for name in (service.domain, *service.custom_domains) if name)
            yield from (f"volume {path}" for path in service.volumes)
            yield from (f"deployment {one.id}" for one in service.deployments)


class TestRailway(PlatformSuite):
    @pytest.fixture
    def counterpart(self, tmp_path: Path, model_url: str) -> Iterator[Counterpart]:
        with made(tmp_path, model_url) as found:
            yield found

    @pytest.mark.slow
    def test_a_lost_answer_anywhere_makes_nothing_twice(self, place: Place, bundle_one: BundleContent) -> None:
        super().test_a_lost_answer_anywhere_makes_nothing_twice(place, bundle_one)

    def test_it_sleeps_unless_it_is_kept_awake(self, place: Place, bundle_one: BundleContent) -> None:
        place.release(bundle_one)
        assert _only(place).settings["sleepApplication"] is True
        place.service = replace(place.service, config={"sleep": False})
        place.release(bundle_one)
        assert _only(place).settings["sleepApplication"] is False

    def test_what_an_agent_keeps_on_its_volume_outlives_a_release(
        self, place: Place, bundle_one: BundleContent, bundle_two: BundleContent
    ) -> None:
        place.service = replace(place.service, config={"volumePath": "/data"})
        place.release(bundle_one)
        say = {"content": "hello", "sessionId": "kept"}
        assert ask(place.given.fake, place.address, "/api/message-sync", body=say).status_code == 200
        place.release(bundle_two)
        assert [leftover for leftover in place.given.leftovers() if leftover.startswith("volume")] == ["volume /data"]
        assert "hello" in place.ask("/api/sessions/kept/history").text

    def test_variables_that_somebody_set_at_railway_stay(
        self, place: Place, bundle_one: BundleContent, bundle_two: BundleContent
    ) -> None:
        place.release(bundle_one, OURS="1")
        _only(place).variables["DATABASE_URL"] = "${{Postgres.DATABASE_URL}}"
        place.release(bundle_two)
        variables = _only(place).variables
        assert variables["DATABASE_URL"] == "${{Postgres.DATABASE_URL}}" and "OURS" not in variables
        assert not [name for name in variables if name.startswith("RAILWAY_")]

    def test_a_later_release_and_a_move_whose_answers_are_lost_are_taken_up(
        self, place: Place, bundle_one: BundleContent, bundle_two: BundleContent
    ) -> None:
        first = place.release(bundle_one)
        fake = place.given.fake
        fake.faults = [Fault("/up", lost=True)]
        wish = place.wish(bundle_two)
        with pytest.raises(PlatformError):
            place.released(wish)
        place.released(wish)
        assert place.greeting() == "two" and len(_only(place).deployments) == 2
        fake.faults = [Fault("/graphql", lost=True, skip=2)]
        memory = place.memory("move")
        with pytest.raises(PlatformError):
            place.given.platform.move(place.service, [first], memory, place.said)
        place.given.platform.move(place.service, [first], memory, place.said)
        assert place.greeting() == "one" and len(_only(place).deployments) == 3

    def test_a_version_whose_image_is_gone_is_built_again(
        self, place: Place, bundle_one: BundleContent, bundle_two: BundleContent
    ) -> None:
        first = place.release(bundle_one)
        place.release(bundle_two)
        service = _only(place)
        service.deployments = [one for one in service.deployments if one.id != first.version.id]
        place.move(first)
        assert place.greeting() == "one"
        observed = place.given.platform.inspect(place.service, place.memory("look"))
        assert observed.shares == {first.version.id: 100}

    def test_a_service_in_a_shared_project_goes_and_the_project_stays(
        self, place: Place, bundle_one: BundleContent
    ) -> None:
        fake = place.given.fake
        assert isinstance(fake, FakeRailway)
        project = Project("shared", environments={"production": "e1"})
        fake.world.projects[project.id] = project
        fake.token_project = project.id
        place.given.platform = MODULE.connect({"project_token": PROJECT_TOKEN}, Endpoints(fake.url, fake.url))
        assert place.given.platform.check().name == "shared"
        place.service = replace(place.service, config={"projectId": project.id})
        place.release(bundle_one)
        assert place.greeting() == "one"
        place.delete()
        assert place.given.leftovers() == ["project shared"]

    def test_an_environment_that_the_project_lacks_is_named(self, place: Place, bundle_one: BundleContent) -> None:
        fake = place.given.fake
        assert isinstance(fake, FakeRailway)
        project = Project("shared", environments={"staging": "e1"})
        fake.world.projects[project.id] = project
        place.service = replace(place.service, config={"projectId": project.id})
        with pytest.raises(UserError, match="it has staging") as refused:
            place.release(bundle_one)
        assert refused.value.code == "destination_config_invalid"

    def test_the_agents_own_words_say_why_it_is_not_well(self, place: Place, bundle_broken: BundleContent) -> None:
        with pytest.raises(UserError, match="it does not start") as refused:
            place.release(bundle_broken)
        assert refused.value.code == "release_unhealthy"

    def test_a_release_keeps_to_its_budget_of_calls(
        self, place: Place, bundle_one: BundleContent, bundle_two: BundleContent
    ) -> None:
        """Without the looks at a deployment, whose number is that of the seconds it takes."""
        first = place.release(bundle_one)
        making = ["Workspaces", "Projects", "CreateProject", "CreateService", "State"]
        assert _asked(place) == [*making, "Set", "AddDomain", "up"]
        place.release(bundle_two)
        assert _asked(place) == ["State", "up"]
        place.release(bundle_two, OTHER="1")
        assert _asked(place) == ["State", "Set", "Redeploy"]
        place.move(first)
        assert _asked(place) == ["State", "RollBack", "State"]


def test_an_unknown_key_of_the_config_is_named(tmp_path: Path, built: Built) -> None:
    with made(tmp_path) as given:
        service = Service("agent", "mark", {"volume": "/data"})
        wish = Place(given, {}, service).wish(_bundle(built))
        (finding,) = given.platform.problems(wish)
        assert finding.code == "destination_config_invalid" and "volume" in finding.sentence


def test_the_cut_of_the_schema_says_what_railway_says() -> None:
    if described_at() is None:
        pytest.skip("Railway's description is not beside this checkout")
    whole = schema().type_map
    for name, kind in cut().type_map.items():
        for field, here in getattr(kind, "fields", {}).items():
            assert name.startswith("__") or str(whole[name].fields[field].type) == str(here.type)


def _bundle(built: Built) -> MadeBundle:
    return built(Target.NODEJS, "one")


def _only(place: Place) -> FakeService:
    fake = place.given.fake
    assert isinstance(fake, FakeRailway)
    (service,) = fake.world.services()
    return service


def _asked(place: Place) -> list[str]:
    fake = place.given.fake
    assert isinstance(fake, FakeRailway)
    asked = [name for name in fake.asked if name != "Deployment"]
    fake.asked.clear()
    return asked
