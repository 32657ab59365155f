"""heroku, against a fake that judges requests by Heroku's schema and runs slugs with the Node that is in them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from builds.node_program import node_program
from core.errors import CancelledError, PlatformError, UserError
from core.targets import Target
from deployments.platforms import heroku
from deployments.platforms.cloud import BundleContent, Endpoints, Service
from deployments.platforms.heroku_config import HerokuConfig, app_name
from deployments.platforms.heroku_slug import SlugNode, own_node, packed
from tests.deployments.platforms.conftest import Built
from tests.deployments.platforms.suite import Counterpart, Place, PlatformSuite
from tests.fakes.heroku import FakeHeroku
from tests.fakes.heroku.description import described_at
from tests.fakes.heroku.server import TOKEN
from tests.fakes.heroku.world import App
from tests.fakes.processes import unpacked_archive
from tests.fakes.vendor import Fault, serving

_QUOTA = {"id": "invalid_params", "message": "You've reached the limit of 100 apps for your account."}


@contextmanager
def made(folder: Path, model_url: str = "") -> Iterator[Counterpart]:
    """Its slugs hold a program that starts this machine's Node, and not 126 MB of it."""
    program = folder / "node"
    program.write_text(f'#!/bin/sh\nexec "{node_program()}" "$@"\n')
    program.chmod(0o755)
    fake = FakeHeroku(folder)
    with serving(fake):
        connected = heroku.connect({"token": TOKEN}, Endpoints(fake.url, fake.url))
        platform = replace(connected, node=lambda: SlugNode(program, folder / "cache"))
        yield _counterpart(fake, platform)


def _counterpart(fake: FakeHeroku, platform: heroku.HerokuPlatform) -> Counterpart:
    def foreign(service: Service) -> None:
        name = app_name(service, HerokuConfig())
        fake.world.apps[name] = App(name, "us", "heroku-24", "somebody@else.test")

    def domain_is_ready(hostname: str) -> None:
        for app in fake.world.apps.values():
            if hostname in app.domains:
                app.domains[hostname] = "cert issued"

    return Counterpart(
        heroku.MODULE,
        platform,
        fake,
        Target.NODEJS,
        leftovers=lambda: list(_leftovers(fake)),
        foreign=foreign,
        revoke=fake.tokens.clear,
        domain_is_ready=domain_is_ready,
        uploaded_bytes=lambda: fake.world.uploaded,
        quota_fault=Fault("POST /apps", 422, content=_QUOTA),
    )


def _leftovers(fake: FakeHeroku) -> Iterator[str]:
    """A slug that nobody released cannot be listed, and goes by itself: it is nothing that anybody has."""
    for app in fake.world.apps.values():
        yield f"app {app.name}"
        yield from (f"release v{one.version}" for one in app.releases)
        yield from (f"domain {hostname}" for hostname in app.domains)


class TestHeroku(PlatformSuite):
    @pytest.fixture
    def counterpart(self, tmp_path: Path, model_url: str) -> Iterator[Counterpart]:
        with made(tmp_path, model_url) as found:
            yield found

    @pytest.mark.slow
    def test_a_lost_answer_anywhere_makes_nothing_twice(self, place: Place, bundle_one: BundleContent) -> None:
        super().test_a_lost_answer_anywhere_makes_nothing_twice(place, bundle_one)

    def test_its_dyno_is_one_that_sleeps_unless_another_is_asked_for(
        self, place: Place, bundle_one: BundleContent
    ) -> None:
        place.release(bundle_one)
        assert _only(place).size == "eco"
        place.service = replace(place.service, config={"dyno": "basic", "team": "acme"})
        place.release(bundle_one)
        assert _only(place).size == "basic"

    def test_somebody_elses_app_of_the_same_account_is_left_alone(
        self, place: Place, bundle_one: BundleContent
    ) -> None:
        fake = _fake(place)
        name = app_name(place.service, HerokuConfig())
        fake.world.made(name, "us", "heroku-24", "ops@acme.test").variables["KEPT"] = "1"
        with pytest.raises(UserError) as refused:
            place.release(bundle_one)
        place.delete()
        assert refused.value.code == "service_name_taken" and _only(place).variables == {"KEPT": "1"}

    def test_variables_that_an_add_on_set_stay(
        self, place: Place, bundle_one: BundleContent, bundle_two: BundleContent
    ) -> None:
        place.release(bundle_one, OURS="1")
        _only(place).variables["DATABASE_URL"] = "postgres://add-on"
        place.release(bundle_two)
        variables = _only(place).variables
        assert variables["DATABASE_URL"] == "postgres://add-on" and "OURS" not in variables

    def test_what_is_not_well_gives_the_variables_back_and_says_why(
        self, place: Place, bundle_one: BundleContent, bundle_broken: BundleContent
    ) -> None:
        place.release(bundle_one, DEXTO_API_KEYS="key-one")
        with pytest.raises(UserError, match="it does not start") as refused:
            place.release(bundle_broken, DEXTO_API_KEYS="key-two")
        assert refused.value.code == "release_unhealthy"
        assert place.greeting("key-one") == "one" and _only(place).variables["DEXTO_API_KEYS"] == "key-one"

    def test_a_later_release_and_a_move_whose_answers_are_lost_are_taken_up(
        self, place: Place, bundle_one: BundleContent, bundle_two: BundleContent
    ) -> None:
        first = place.release(bundle_one, DEXTO_API_KEYS="key-one")
        fake = _fake(place)
        fake.faults = [Fault("PATCH ", lost=True), Fault("POST /apps/", lost=True, skip=1)]
        wish = place.wish(bundle_two, DEXTO_API_KEYS="key-two")
        with pytest.raises(PlatformError):
            place.released(wish)
        second = place.released(wish)
        assert place.greeting("key-two") == "two" and not any(fault.times for fault in fake.faults)
        assert [one.description for one in _only(place).releases].count(f"Dexto Cloud: {wish.deployment}") == 1
        fake.faults = [Fault("/releases", lost=True)]
        with pytest.raises(PlatformError):
            place.move(first)
        place.move(first)
        assert place.greeting("key-one") == "one"
        place.move(second)
        assert place.greeting("key-two") == "two"

    def test_a_person_who_cancels_is_not_made_to_wait(self, place: Place, bundle_one: BundleContent) -> None:
        place.release(bundle_one)
        place.said.stop = CancelledError("cancelled", "Somebody asked for it.")
        with pytest.raises(CancelledError):
            place.release(bundle_one)
        place.said.stop = None
        assert place.greeting() == "one"

    def test_a_version_whose_slug_is_gone_is_uploaded_again(
        self, place: Place, bundle_one: BundleContent, bundle_two: BundleContent
    ) -> None:
        first = place.release(bundle_one)
        place.release(bundle_two)
        app = _only(place)
        app.slugs = {key: slug for key, slug in app.slugs.items() if app.current and slug is app.current.slug}
        place.move(first)
        assert place.greeting() == "one"
        observed = place.given.platform.inspect(place.service, place.memory("look"))
        assert observed.shares == {first.version.id: 100}

    def test_a_release_keeps_to_its_budget_of_calls(
        self, place: Place, bundle_one: BundleContent, bundle_two: BundleContent
    ) -> None:
        """Without the looks at a release, whose number is that of the seconds it takes."""
        first = place.release(bundle_one)
        making = ["GET config-vars", "POST apps", "PATCH config-vars", "POST slugs", "PUT slug"]
        assert _asked(place) == [*making, "POST releases", "PATCH formation"]
        place.release(bundle_two)
        assert _asked(place) == ["GET config-vars", "POST slugs", "PUT slug", "POST releases"]
        place.release(bundle_one)
        assert _asked(place) == ["GET config-vars", "POST releases"]
        place.move(first)
        assert _asked(place) == ["GET config-vars", "POST releases", "GET config-vars", "GET releases"]

    def test_every_request_is_one_that_heroku_describes(self, place: Place) -> None:
        if described_at() is None:
            pytest.skip("Heroku's description is not beside this checkout")
        assert _fake(place).undescribed() == []

    def test_an_account_without_payment_is_told_so(self, counterpart: Counterpart) -> None:
        assert isinstance(counterpart.fake, FakeHeroku)
        counterpart.fake.is_verified = False
        assert "payment" in counterpart.platform.check().missing[0]


@pytest.mark.slow
def test_a_slug_carries_a_node_that_runs_and_the_same_files_give_the_same_slug(tmp_path: Path, built: Built) -> None:
    node = replace(own_node(), cache=tmp_path / "cache")
    bundle = built(Target.NODEJS, "one")
    first, second = packed(bundle, node), packed(bundle, node)
    assert first.sha256 == second.sha256 and len(first.content) < 60_000_000
    (kept,) = (tmp_path / "cache").iterdir()
    assert kept.stat().st_size < 50_000_000
    place = unpacked_archive(first.content, tmp_path / "slug")
    version = subprocess.run([place / "app/.dexto/bin/node", "--version"], capture_output=True, text=True, check=True)
    assert version.stdout.startswith("v24.")


@pytest.mark.parametrize("name", ["agent", "9-lives", "a" * 54, "production-support-agent-of-acme"])
def test_an_app_has_a_name_that_heroku_takes(name: str) -> None:
    found = app_name(Service(name, "mark"), HerokuConfig())
    assert re.fullmatch(r"[a-z][a-z0-9-]{1,28}[a-z0-9]", found)
    assert found != app_name(Service(name, "another"), HerokuConfig())


def test_previews_do_not_take_the_name_of_production() -> None:
    config = HerokuConfig(name="acme-support")
    assert app_name(Service("one", "mark"), config) == "acme-support"
    assert app_name(Service("one", "mark", is_preview=True), config) != "acme-support"


def _fake(place: Place) -> FakeHeroku:
    fake = place.given.fake
    assert isinstance(fake, FakeHeroku)
    return fake


def _only(place: Place) -> App:
    (app,) = _fake(place).world.apps.values()
    return app


def _asked(place: Place) -> list[str]:
    calls = place.given.fake.calls
    words = [re.sub(r"/slugs-store/\S+", "slug", re.sub(r"/apps/[^/ ]+/|/(?=apps$)", "", call)) for call in calls]
    calls.clear()
    return [word for word in words if not re.match(r"GET releases/", word)]
