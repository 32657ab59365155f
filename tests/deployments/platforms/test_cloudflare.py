"""cloudflare, against a counterpart that runs the Workers that it is sent."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from clients.cloudflare_tail import BEGINS
from core.errors import CancelledError, UserError
from core.targets import Target
from deployments.platforms.cloud import BundleContent, Endpoints, Service
from deployments.platforms.cloudflare import MODULE
from tests.deployments.platforms.cloudflare_bundles import migrated, with_text
from tests.deployments.platforms.suite import Counterpart, KeptIds, Place, PlatformSuite, ask, until_done
from tests.fakes.cloudflare.account import CloudflareFake
from tests.fakes.cloudflare.envelope import ROOT, failed
from tests.fakes.vendor import Fault, serving
from tests.runtime.targets import wait_until


@contextmanager
def made(folder: Path) -> Iterator[Counterpart]:
    fake = CloudflareFake(folder)
    with serving(fake):
        credentials = {"api_token": fake.token, "s3_endpoint": fake.url}
        yield Counterpart(
            MODULE,
            MODULE.connect(credentials, Endpoints(f"{fake.url}{ROOT}", fake.url)),
            fake,
            Target.CLOUDFLARE,
            leftovers=lambda: leftovers(fake),
            foreign=lambda service: foreign(fake, service),
            revoke=lambda: setattr(fake, "is_revoked", True),
            domain_is_ready=fake.domains.ready,
            uploaded_bytes=lambda: fake.objects.uploaded_bytes,
            quota_fault=Fault(
                "PUT ", 403, times=9, skip=1, content=failed(10037, "You have exceeded the limit of 100.")
            ),
        )


def leftovers(fake: CloudflareFake) -> list[str]:
    """Each by its kind first."""
    return [
        *(f"worker {name}" for name in fake.scripts.by_name),
        *(f"version {one.id}" for script in fake.scripts.by_name.values() for one in script.versions),
        *(f"bucket {name}" for name in fake.objects.names()),
        *(f"domain {one['hostname']}" for one in fake.domains.workers.values()),
        *(f"hostname {one['hostname']}" for one in fake.domains.custom.values()),
        *(f"route {one['pattern']}" for one in fake.domains.routes.values()),
        *(f"tail {id_}" for id_ in fake.tails.open),
        *(f"dispatched {name}" for scripts in fake.namespaces.values() for name in scripts.by_name),
    ]


def foreign(fake: CloudflareFake, service: Service) -> None:
    fake.scripts.made(service.name, ["somebody:else"])


@pytest.fixture
def counterpart(tmp_path: Path) -> Iterator[Counterpart]:
    with made(tmp_path / "cloudflare") as given:
        yield given


class TestCloudflare(PlatformSuite):
    @pytest.mark.slow  # a release for each of its calls
    def test_a_lost_answer_anywhere_makes_nothing_twice(self, place: Place, bundle_one: BundleContent) -> None:
        super().test_a_lost_answer_anywhere_makes_nothing_twice(place, bundle_one)


@pytest.fixture
def fake(counterpart: Counterpart) -> CloudflareFake:
    assert isinstance(counterpart.fake, CloudflareFake)
    return counterpart.fake


@pytest.fixture
def place(counterpart: Counterpart, model_url: str) -> Place:
    return placed(counterpart, model_url)


def placed(
    counterpart: Counterpart, model_url: str, config: Mapping[str, object] | None = None, *, is_preview: bool = False
) -> Place:
    variables = {"MODEL_URL": model_url, "MODEL_KEY": "secret-of-the-model"}
    return Place(counterpart, variables, Service("agent-under-test", "dexto:test:1", config or {}, is_preview))


def said(place: Place, content: str = "hello", session: str = "s1") -> str:
    answer = ask(place.given.fake, place.address, "/api/message-sync", body={"content": content, "sessionId": session})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["response"])


def test_releases_and_rollbacks_ask_cloudflare_a_fixed_number_of_times(
    place: Place, fake: CloudflareFake, bundle_one: BundleContent, bundle_two: BundleContent
) -> None:
    first = place.release(bundle_one)
    after_first = len(fake.calls)
    place.release(bundle_two)
    after_second = len(fake.calls)
    place.move(first)
    spans = (slice(0, after_first), slice(after_first, after_second), slice(after_second, None))
    assert [len([call for call in fake.calls[span] if ROOT in call]) for span in spans] == [9, 6, 3]


@pytest.mark.slow  # a release for each of its calls
@pytest.mark.parametrize("migrates", [False, True])
def test_a_lost_answer_of_a_later_release_makes_no_second_version(
    place: Place, fake: CloudflareFake, bundle_one: BundleContent, bundle_two: BundleContent, *, migrates: bool
) -> None:
    later = migrated(bundle_two) if migrates else bundle_two
    for skip in range(40):
        place.ids = KeptIds()
        place.release(bundle_one)
        fake.faults = [Fault("", lost=True, skip=skip)]
        until_done(place, place.wish(later, name=f"lost{skip}"))
        struck, fake.faults = not fake.faults[0].times, []
        assert place.greeting() == "two"
        assert len(fake.scripts.by_name["agent-under-test"].versions) == 2, f"after the loss of call {skip}"
        place.delete()
        if not struck:
            return
    raise AssertionError("a release makes more than 40 calls")


def test_texts_go_to_the_bucket_once_and_the_agent_reads_them_there(
    place: Place, fake: CloudflareFake, tmp_path: Path
) -> None:
    bundle = with_text(tmp_path, "I am in R2.")
    place.release(bundle)
    assert said(place, "system").endswith("I am in R2.")
    before = fake.objects.uploaded_bytes
    place.release(bundle)
    assert fake.objects.uploaded_bytes == before
    (lost,) = (fake.objects.folder / "agent-under-test").rglob("one.md")
    lost.unlink()
    place.release(bundle)
    assert fake.objects.uploaded_bytes - before == len("I am in R2.") and lost.read_text() == "I am in R2."


def test_a_session_goes_on_in_the_next_version(
    place: Place, bundle_one: BundleContent, bundle_two: BundleContent
) -> None:
    place.release(bundle_one)
    said(place, "hello")
    place.release(bundle_two)
    history = place.ask("/api/sessions/s1/history").json()["history"]
    assert place.greeting() == "two" and "hello" in str(history)


def test_a_release_with_a_migration_is_put_as_a_whole_and_sends_only_the_steps_that_are_new(
    place: Place, fake: CloudflareFake, bundle_one: BundleContent, bundle_two: BundleContent
) -> None:
    place.release(bundle_one)
    second = place.release(migrated(bundle_two))
    script = fake.scripts.by_name["agent-under-test"]
    steps = [{"new_sqlite_classes": ["ExtraObject"]}]
    assert script.versions[-1].metadata["migrations"] == {"old_tag": "v1", "new_tag": "v2", "steps": steps}
    assert place.greeting() == "two" and second.version.details["migration"] == "v2"


def test_nothing_goes_back_across_a_migration(
    place: Place, bundle_one: BundleContent, bundle_two: BundleContent
) -> None:
    first = place.release(bundle_one)
    second = place.release(migrated(bundle_two))
    refusal = place.given.platform.refusal(place.service, second.version, first.version)
    assert refusal is not None and refusal.code == "rollback_refused" and "v2" in refusal.sentence
    with pytest.raises(UserError) as refused:
        place.move(first)
    assert refused.value.code == "rollback_refused" and place.greeting() == "two"
    with pytest.raises(UserError) as behind:
        place.release(bundle_one)
    assert behind.value.code == "rollback_refused" and place.greeting() == "two"


def test_a_migration_that_is_staged_is_uploaded_when_it_is_moved_to(
    place: Place, bundle_one: BundleContent, bundle_two: BundleContent
) -> None:
    place.release(bundle_one)
    staged = place.release(migrated(bundle_two), serves=False, name="staged-1")
    assert staged.version.id == "staged-1" and place.greeting() == "one"
    place.move(staged)
    assert place.greeting() == "two"


def test_a_rollback_brings_back_secrets_that_somebody_changed_at_cloudflare(
    place: Place, fake: CloudflareFake, counterpart: Counterpart, bundle_one: BundleContent
) -> None:
    first = place.release(bundle_one, DEXTO_API_KEYS="ours")
    path = f"{ROOT}/accounts/{fake.account}/workers/scripts/agent-under-test/secrets"
    secret = {"name": "DEXTO_API_KEYS", "text": "theirs", "type": "secret_text"}
    httpx.put(f"{fake.url}{path}", json=secret, headers={"Authorization": f"Bearer {fake.token}"}).raise_for_status()
    assert place.greeting("theirs") == "one"
    place.move(first)
    assert place.greeting("ours") == "one"
    assert [line for line in place.said.lines if "Secrets were changed at Cloudflare" in line]


def test_what_was_bound_at_cloudflare_by_hand_is_kept_where_the_config_says_so(
    counterpart: Counterpart, fake: CloudflareFake, model_url: str, bundle_one: BundleContent
) -> None:
    place = placed(counterpart, model_url, {"keeps": ["BY_HAND"]})
    with pytest.raises(UserError) as refused:
        place.release(bundle_one)
    assert refused.value.code == "destination_config_invalid" and "keeps" in refused.value.sentence
    place.service = replace(place.service, config={})
    place.release(bundle_one)
    fake.scripts.by_name["agent-under-test"].versions[-1].bindings.append(
        {"type": "plain_text", "name": "BY_HAND", "text": "kept"}
    )
    place.service = replace(place.service, config={"keeps": ["BY_HAND"]})
    place.release(bundle_one)
    kept = {one["name"] for one in fake.scripts.by_name["agent-under-test"].versions[-1].bindings}
    assert "BY_HAND" in kept


def test_secrets_are_secret_and_other_variables_can_be_read_at_cloudflare(
    place: Place, fake: CloudflareFake, bundle_one: BundleContent
) -> None:
    place.release(bundle_one)
    bindings = {one["name"]: one for one in fake.scripts.by_name["agent-under-test"].versions[-1].bindings}
    assert bindings["MODEL_KEY"]["type"] == "secret_text" and bindings["MODEL_URL"]["type"] == "plain_text"


def test_a_preview_is_a_worker_of_its_own_with_its_own_bucket(
    counterpart: Counterpart, fake: CloudflareFake, model_url: str, bundle_one: BundleContent, bundle_two: BundleContent
) -> None:
    config = {"name": "chat", "bucket": "chat-texts"}
    production = placed(counterpart, model_url, config)
    preview = placed(counterpart, model_url, config, is_preview=True)
    preview.service = replace(preview.service, name="chat-pr-7", mark="dexto:test:2")
    production.release(bundle_one)
    preview.release(bundle_two)
    assert (production.greeting(), preview.greeting()) == ("one", "two")
    assert production.address == "https://chat.acme.workers.dev"
    assert fake.objects.names() == ["chat-pr-7", "chat-texts"]
    preview.delete()
    assert (list(fake.scripts.by_name), fake.objects.names()) == (["chat"], ["chat-texts"])


def test_a_bucket_of_somebody_else_is_not_taken(place: Place, fake: CloudflareFake, bundle_one: BundleContent) -> None:
    fake.objects.made("agent-under-test", file="theirs")
    with pytest.raises(UserError) as refused:
        place.release(bundle_one)
    assert refused.value.code == "service_name_taken" and "bucket" in refused.value.next_step
    place.delete()
    assert fake.objects.has("agent-under-test") and not fake.scripts.by_name


def test_a_bucket_that_the_config_names_is_used_and_never_deleted(
    counterpart: Counterpart, fake: CloudflareFake, model_url: str, tmp_path: Path
) -> None:
    fake.objects.made("shared-texts", file="theirs")
    place = placed(counterpart, model_url, {"bucket": "shared-texts"})
    place.release(with_text(tmp_path / "one", "Shared."))
    assert said(place, "system").endswith("Shared.")
    place.delete()
    assert (fake.objects.folder / "shared-texts" / "file").read_text() == "theirs" and not fake.scripts.by_name


def test_a_bucket_that_is_gone_is_seen_and_made_again(
    place: Place, fake: CloudflareFake, bundle_one: BundleContent
) -> None:
    place.release(bundle_one)
    shutil.rmtree(fake.objects.folder / "agent-under-test")
    observed = place.given.platform.inspect(place.service, place.memory("look"))
    assert observed.exists and observed.missing == ("the R2 bucket agent-under-test",)
    place.release(bundle_one)
    assert not place.given.platform.inspect(place.service, place.memory("look")).missing


def test_the_reason_why_a_worker_does_not_start_is_said(place: Place, bundle_broken: BundleContent) -> None:
    with pytest.raises(UserError) as refused:
        place.release(bundle_broken)
    assert refused.value.code == "release_unhealthy" and "it does not start" in refused.value.sentence


def test_a_release_that_is_cancelled_while_it_waits_stops(place: Place, bundle_one: BundleContent) -> None:
    place.release(bundle_one)
    place.given.fake.faults = [Fault("GET ", 503, times=100)]
    place.said.stop = CancelledError("cancelled", "Somebody cancelled it.")
    with pytest.raises(CancelledError):
        place.release(bundle_one)
    place.said.stop, place.given.fake.faults = None, []
    assert place.greeting() == "one"


def test_a_customers_hostname_shows_what_he_has_to_set(
    counterpart: Counterpart, fake: CloudflareFake, model_url: str, bundle_one: BundleContent
) -> None:
    place = placed(counterpart, model_url, {"customers_zone": next(iter(fake.domains.zones))})
    place.release(bundle_one)
    platform, memory, hostname = counterpart.platform, place.memory("domain"), "chat.customer.com"
    asked = platform.attach_domain(place.service, hostname, memory)
    assert [(one.type, one.name) for one in asked.records] == [
        ("CNAME", hostname),
        ("TXT", f"_cf-custom-hostname.{hostname}"),
        ("TXT", f"_acme-challenge.{hostname}"),
    ]
    assert not asked.is_active and "pending" in asked.detail
    assert platform.attach_domain(place.service, hostname, memory) == asked
    fake.domains.ready(hostname)
    assert platform.domain(place.service, hostname, memory).is_active
    assert place.ask("/api/greeting", address=f"https://{hostname}").json()["greeting"] == "one"
    place.delete()
    assert leftovers(fake) == []


def test_a_hostname_that_leads_to_another_worker_is_not_taken(
    counterpart: Counterpart, fake: CloudflareFake, model_url: str, bundle_one: BundleContent
) -> None:
    zone = next(iter(fake.domains.zones))
    place = placed(counterpart, model_url, {"customers_zone": zone})
    place.release(bundle_one)
    fake.domains.workers["x"] = {"id": "x", "hostname": "a.example.org", "service": "theirs", "zone_id": zone}
    fake.domains.routes["y"] = {"id": "y", "pattern": "b.customer.com/*", "script": "theirs"}
    for hostname in ("a.example.org", "b.customer.com"):
        with pytest.raises(UserError) as refused:
            counterpart.platform.attach_domain(place.service, hostname, place.memory("domain"))
        assert refused.value.code == "service_name_taken"
        counterpart.platform.detach_domain(place.service, hostname, place.memory("domain"))
    assert fake.domains.workers and fake.domains.routes


def test_a_hostname_of_no_zone_says_what_to_do(place: Place, bundle_one: BundleContent) -> None:
    place.release(bundle_one)
    with pytest.raises(UserError) as refused:
        place.given.platform.attach_domain(place.service, "chat.customer.com", place.memory("domain"))
    assert refused.value.code == "destination_config_invalid" and "customers_zone" in refused.value.sentence


def test_what_an_agent_is_asked_comes_live(place: Place, fake: CloudflareFake, bundle_one: BundleContent) -> None:
    place.release(bundle_one)
    lines = place.given.platform.logs(place.service, None, place.memory("logs"))
    assert next(lines).text == BEGINS
    wait_until(lambda: all(tail.listening.is_set() for tail in fake.tails.open.values()), "nobody listens")
    place.greeting()
    line = next(lines)
    assert line.text == "GET https://agent-under-test.acme.workers.dev/api/greeting 200" and line.id
    assert isinstance(lines, Generator)
    lines.close()
    assert not fake.tails.open


def test_agents_of_a_dispatch_namespace_are_uploaded_at_each_move(
    counterpart: Counterpart, fake: CloudflareFake, model_url: str, bundle_one: BundleContent, bundle_two: BundleContent
) -> None:
    config = {"dispatch_namespace": "tenants", "dispatch_address": "https://{name}.agents.example.com"}
    place = placed(counterpart, model_url, config)
    first = place.release(bundle_one, DEXTO_API_KEYS="key-one")
    assert place.address == "https://agent-under-test.agents.example.com" and place.greeting("key-one") == "one"
    second = place.release(bundle_two)
    staged = place.release(bundle_one, serves=False)
    assert place.greeting() == "two"
    place.move(first)
    assert place.greeting("key-one") == "one"
    observed = counterpart.platform.inspect(place.service, place.memory("look"))
    assert observed.shares == {first.version.id: 100} and observed.address == place.address
    with pytest.raises(UserError):
        place.move(replace(second, percent=50), replace(staged, percent=50))
    with pytest.raises(UserError):
        next(counterpart.platform.logs(place.service, None, place.memory("logs")))
    place.delete()
    assert leftovers(fake) == []


@pytest.mark.parametrize(
    ("config", "key"),
    [
        ({"nmae": "chat"}, "nmae"),
        ({"name": "Not A Name"}, "name"),
        ({"bucket_location": "moon"}, "bucket_location"),
        ({"cpu_ms": "much"}, "cpu_ms"),
        ({"dispatch_namespace": "tenants"}, "dispatch_address"),
    ],
)
def test_a_config_that_is_not_as_it_must_be_names_the_key(
    counterpart: Counterpart, model_url: str, bundle_one: BundleContent, config: dict[str, object], key: str
) -> None:
    place = placed(counterpart, model_url, config)
    (finding,) = counterpart.platform.problems(place.wish(bundle_one))
    assert finding.code == "destination_config_invalid" and key in finding.sentence


def test_more_variables_than_a_worker_takes_are_said_before_anything_is_made(
    place: Place, fake: CloudflareFake, bundle_one: BundleContent
) -> None:
    many = {f"VARIABLE_{number}": "x" for number in range(130)}
    wish = replace(place.wish(bundle_one), variables={**many, "LARGE": "x" * 6_000})
    found = [one.code for one in place.given.platform.problems(wish)]
    assert found == ["variables_over_limit"] * 2 and not fake.calls


def test_a_variable_that_is_called_as_a_binding_is_said_before_anything_is_made(
    place: Place, bundle_one: BundleContent
) -> None:
    (finding,) = place.given.platform.problems(place.wish(bundle_one, SESSIONS="mine"))
    assert finding.code == "destination_config_invalid" and "SESSIONS" in finding.sentence


def test_a_worker_that_was_deleted_at_cloudflare_comes_back_with_the_next_release(
    place: Place, fake: CloudflareFake, bundle_one: BundleContent, bundle_two: BundleContent
) -> None:
    first = place.release(bundle_one)
    fake.scripts.by_name.pop("agent-under-test").fleet.close()
    with pytest.raises(UserError) as gone:
        place.move(first)
    assert gone.value.code == "version_gone"
    place.release(bundle_two)
    assert place.greeting() == "two"


def test_what_a_token_may_not_is_said_with_the_permission_that_it_needs(
    counterpart: Counterpart, fake: CloudflareFake
) -> None:
    fake.refuses, fake.subdomain = {"/r2/"}, ""
    found = counterpart.platform.check()
    assert [sentence for sentence in found.missing if "Workers R2 Storage: Edit" in sentence]
    assert [sentence for sentence in found.missing if "workers.dev" in sentence]
    assert found.can == ("run Workers", "put agents under hostnames of example.org")


def test_an_account_that_the_token_does_not_reach_is_said(fake: CloudflareFake) -> None:
    credentials = {"api_token": fake.token, "account_id": "0" * 32}
    found = MODULE.connect(credentials, Endpoints(f"{fake.url}{ROOT}")).check()
    assert not found.account and "Acme" in found.missing[0]
