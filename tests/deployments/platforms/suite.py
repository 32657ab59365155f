"""One contract for all platforms elsewhere: each against a counterpart that really runs what it was sent.

A platform's test module makes a subclass of `PlatformSuite` whose fixture `counterpart` gives its `Counterpart`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from uuid import uuid4

import httpx
import pytest

from core.errors import DextoError, PlatformError, UserError
from core.targets import Target
from deployments.platforms.cloud import (
    Artefact,
    BundleContent,
    CloudModule,
    CloudPlatform,
    Memory,
    Release,
    Service,
    Share,
    Source,
)
from tests.fakes.vendor import PLAIN, Fault, Vendor
from tests.progress import Said


@dataclass
class KeptIds:
    """An Ids in memory: what a crash leaves, as each `put` is durable."""

    kept: dict[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str:
        return self.kept.get(name, "")

    def put(self, **ids: str) -> None:
        self.kept |= ids


@dataclass
class Counterpart:
    """What a platform's test module gives. `leftovers` says in words what is at the vendor that we made. `foreign` puts
    something of somebody else's there under a service's name. `domain_is_ready` makes the DNS as it was asked for.
    `uploaded_bytes` is what was uploaded so far. `artefact` serves a bundle, for platforms that fetch."""

    module: CloudModule
    platform: CloudPlatform
    fake: Vendor
    target: Target
    leftovers: Callable[[], list[str]]
    foreign: Callable[[Service], None]
    revoke: Callable[[], None]
    domain_is_ready: Callable[[str], None]
    uploaded_bytes: Callable[[], int]
    config: dict[str, object] = field(default_factory=dict)
    artefact: Callable[[BundleContent], Artefact] | None = None
    quota_fault: Fault | None = None


@dataclass
class Place:
    """A service under test, with what is remembered of it."""

    given: Counterpart
    variables: dict[str, str]
    service: Service
    ids: KeptIds = field(default_factory=KeptIds)
    attempts: dict[str, KeptIds] = field(default_factory=dict)
    said: Said = field(default_factory=Said)

    def memory(self, attempt: str) -> Memory:
        return Memory(self.ids, self.attempts.setdefault(attempt, KeptIds()))

    def release(self, bundle: BundleContent, *, serves: bool = True, name: str = "", **variables: str) -> Share:
        return self.released(self.wish(bundle, serves=serves, name=name, **variables))

    def wish(self, bundle: BundleContent, *, serves: bool = True, name: str = "", **variables: str) -> Release:
        artefact = self.given.artefact(bundle) if self.given.artefact else None
        values = {**self.variables, **variables}
        return Release(
            name or f"d{uuid4().hex[:8]}",
            self.service,
            bundle,
            values,
            frozenset({"MODEL_KEY", "DEXTO_API_KEYS"}),
            serves,
            Source("a" * 40, "main", "https://github.com/acme/agent"),
            artefact,
            health_seconds=15,
        )

    def released(self, wish: Release) -> Share:
        done = self.given.platform.release(wish, self.memory(wish.deployment), self.said)
        if wish.serves:
            self.address = done.address
        return Share(done.version, wish)

    def move(self, *shares: Share) -> None:
        self.address = self.given.platform.move(self.service, shares, self.memory(f"m{uuid4().hex[:8]}"), self.said)

    def greeting(self, key: str = "") -> str:
        answer = self.ask("/api/greeting", key)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["greeting"])

    def ask(self, path: str, key: str = "", *, address: str = "") -> httpx.Response:
        return ask(self.given.fake, address or self.address, path, key)

    def delete(self) -> None:
        self.given.platform.delete(self.service, self.memory("delete"))


def ask(fake: Vendor, address: str, path: str, key: str = "", body: object = None) -> httpx.Response:
    """A caller of the agent: the vendor's edge is on the fake's socket."""
    url = httpx.URL(address)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    if url.host != "127.0.0.1":
        headers["Host"] = url.host
        address = fake.url
    target = f"{address.rstrip('/')}{path}"
    with httpx.Client(headers=headers, timeout=30, verify=PLAIN) as client:
        return client.post(target, json=body) if body else client.get(target)


class PlatformSuite:
    """What every platform holds. Bundles are of one agent whose greeting is its version."""

    @pytest.fixture
    def place(self, counterpart: Counterpart, model_url: str) -> Iterator[Place]:
        variables = {"MODEL_URL": model_url, "MODEL_KEY": "secret-of-the-model"}
        service = Service(f"agent-{uuid4().hex[:10]}", "dexto:test:1", counterpart.config)
        place = Place(counterpart, variables, service)
        yield place
        with suppress(DextoError):
            place.delete()

    def test_the_credential_is_checked_in_words(self, counterpart: Counterpart) -> None:
        found = counterpart.platform.check()
        assert found.account and found.can and not found.missing

    def test_a_revoked_credential_is_the_persons_to_mend(self, counterpart: Counterpart) -> None:
        counterpart.revoke()
        with pytest.raises(UserError) as refused:
            counterpart.platform.check()
        assert refused.value.code == "credential_refused" and refused.value.next_step

    def test_a_released_agent_holds_a_conversation(self, place: Place, bundle_one: BundleContent) -> None:
        assert list(place.given.platform.problems(place.wish(bundle_one))) == []
        place.release(bundle_one)
        assert place.greeting() == "one"
        body = {"content": "hello", "sessionId": "s1"}
        answer = ask(place.given.fake, place.address, "/api/message-sync", body=body)
        assert answer.json()["response"] == "You said: hello"

    def test_a_second_version_takes_over_and_the_first_comes_back(
        self, place: Place, bundle_one: BundleContent, bundle_two: BundleContent
    ) -> None:
        first = place.release(bundle_one)
        second = place.release(bundle_two)
        assert place.greeting() == "two"
        assert place.given.platform.refusal(place.service, second.version, first.version) is None
        place.move(first)
        assert place.greeting() == "one"
        place.move(second)
        assert place.greeting() == "two"

    def test_variables_come_back_with_their_version(self, place: Place, bundle_one: BundleContent) -> None:
        first = place.release(bundle_one, DEXTO_API_KEYS="key-one")
        place.release(bundle_one, DEXTO_API_KEYS="key-two")
        assert place.greeting("key-two") == "one" and place.ask("/api/greeting", "key-one").status_code == 401
        place.move(first)
        assert place.greeting("key-one") == "one" and place.ask("/api/greeting", "key-two").status_code == 401

    def test_a_variable_that_is_gone_is_gone(self, place: Place, bundle_one: BundleContent) -> None:
        place.release(bundle_one, DEXTO_API_KEYS="key")
        assert place.ask("/api/greeting").status_code == 401
        place.release(bundle_one)
        assert place.greeting() == "one"

    def test_what_is_staged_serves_nobody_until_it_is_moved_to(
        self, place: Place, bundle_one: BundleContent, bundle_two: BundleContent
    ) -> None:
        place.release(bundle_one)
        staged = place.release(bundle_two, serves=False)
        assert place.greeting() == "one"
        if place.given.module.traits.version_urls and staged.version.url:
            assert place.ask("/api/greeting", address=staged.version.url).json()["greeting"] == "two"
        place.move(staged)
        assert place.greeting() == "two"

    def test_a_canary_gets_its_share(self, place: Place, bundle_one: BundleContent, bundle_two: BundleContent) -> None:
        if not place.given.module.traits.canary:
            return
        first, second = place.release(bundle_one), place.release(bundle_two, serves=False)
        place.move(replace(first, percent=50), replace(second, percent=50))
        observed = place.given.platform.inspect(place.service, place.memory("look"))
        assert observed.shares == {first.version.id: 50, second.version.id: 50}
        assert {place.greeting() for _ in range(40)} == {"one", "two"}

    def test_an_agent_that_is_not_well_never_takes_the_traffic(
        self, place: Place, bundle_one: BundleContent, bundle_broken: BundleContent
    ) -> None:
        place.release(bundle_one)
        with pytest.raises(UserError):
            place.released(replace(place.wish(bundle_broken), health_seconds=2))
        assert place.greeting() == "one"

    def test_what_is_there_already_is_not_uploaded_again(self, place: Place, bundle_one: BundleContent) -> None:
        place.release(bundle_one)
        before = place.given.uploaded_bytes()
        place.release(bundle_one, DEXTO_CORS_ORIGINS="https://example.org")
        assert place.given.uploaded_bytes() == before

    def test_the_same_release_twice_is_one(self, place: Place, bundle_one: BundleContent) -> None:
        wish = place.wish(bundle_one)
        first, second = place.released(wish), place.released(wish)
        assert first.version.id == second.version.id and place.greeting() == "one"

    def test_a_lost_answer_anywhere_makes_nothing_twice(self, place: Place, bundle_one: BundleContent) -> None:
        """Each of a first release's calls in turn is done and its answer lost: the next attempt continues."""
        place.release(bundle_one)
        expected = _kinds(place.given.leftovers())
        place.delete()
        for skip in range(40):
            fault = Fault("", lost=True, skip=skip)
            place.ids, place.given.fake.faults = KeptIds(), [fault]
            wish = place.wish(bundle_one, name=f"lost{skip}")
            until_done(place, wish)
            place.given.fake.faults = []
            assert place.greeting() == "one"
            assert _kinds(place.given.leftovers()) == expected, f"after the loss of call {skip}"
            place.delete()
            assert place.given.leftovers() == []
            if fault.times:
                return
        raise AssertionError("a release makes more than 40 calls")

    @pytest.mark.parametrize("status", [429, 500, 503])
    def test_a_vendor_that_is_busy_or_fails_is_waited_for(
        self, place: Place, bundle_one: BundleContent, status: int
    ) -> None:
        headers = {"Retry-After": "0"} if status == 429 else {}
        faults = [Fault(method, status, times=1, headers=headers) for method in ("GET ", "POST ", "PUT ", "PATCH ")]
        place.given.fake.faults = faults
        until_done(place, place.wish(bundle_one, name=f"busy{status}"))
        assert place.greeting() == "one"

    def test_a_credential_revoked_in_the_middle_is_said_and_leaves_what_serves(
        self, place: Place, bundle_one: BundleContent, bundle_two: BundleContent
    ) -> None:
        place.release(bundle_one)
        place.given.fake.faults = [Fault("", 401, times=100, skip=2)]
        with pytest.raises(UserError) as refused:
            place.release(bundle_two)
        place.given.fake.faults = []
        assert refused.value.code == "credential_refused" and place.greeting() == "one"

    def test_somebody_elses_is_neither_taken_nor_deleted(self, place: Place, bundle_one: BundleContent) -> None:
        place.given.foreign(place.service)
        before = len(place.given.fake.calls)
        with pytest.raises(UserError) as refused:
            place.release(bundle_one)
        assert refused.value.code == "service_name_taken" and refused.value.next_step
        place.delete()
        assert not [call for call in place.given.fake.calls[before:] if call.startswith("DELETE")]

    def test_a_quota_that_is_used_up_is_said(self, place: Place, bundle_one: BundleContent) -> None:
        if place.given.quota_fault is None:
            return
        place.given.fake.faults = [place.given.quota_fault]
        with pytest.raises(UserError) as refused:
            place.release(bundle_one)
        assert refused.value.code in ("vendor_quota", "bundle_over_limit") and refused.value.next_step

    def test_a_domain_is_added_and_taken_away(self, place: Place, bundle_one: BundleContent) -> None:
        if not place.given.module.traits.domains:
            return
        platform, memory = place.given.platform, place.memory("domain")
        place.release(bundle_one)
        hostname = "chat.example.org"
        asked = platform.attach_domain(place.service, hostname, memory)
        again = platform.attach_domain(place.service, hostname, memory)
        assert asked.hostname == again.hostname == hostname and asked.records == again.records
        place.given.domain_is_ready(hostname)
        assert platform.domain(place.service, hostname, memory).is_active
        assert place.ask("/api/greeting", address=f"https://{hostname}").json()["greeting"] == "one"
        platform.detach_domain(place.service, hostname, memory)
        platform.detach_domain(place.service, hostname, memory)
        assert place.ask("/api/greeting", address=f"https://{hostname}").status_code == 404

    def test_its_log_can_be_read(self, place: Place, bundle_one: BundleContent) -> None:
        if not place.given.module.traits.live_logs:
            return
        place.release(bundle_one)
        lines = place.given.platform.logs(place.service, None, place.memory("logs"))
        deadline = time.monotonic() + 20
        for _line in lines:
            break
        else:
            raise AssertionError("no line came")
        assert time.monotonic() < deadline
        close = getattr(lines, "close", None)
        if close:
            close()

    def test_what_is_no_longer_there_is_seen(self, place: Place, bundle_one: BundleContent) -> None:
        memory = place.memory("look")
        assert not place.given.platform.inspect(place.service, memory).exists
        share = place.release(bundle_one)
        observed = place.given.platform.inspect(place.service, memory)
        assert observed.exists and observed.shares == {share.version.id: 100} and not observed.missing
        assert observed.address == place.address

    def test_a_deleted_service_leaves_nothing(
        self, place: Place, bundle_one: BundleContent, bundle_two: BundleContent
    ) -> None:
        place.release(bundle_one)
        place.release(bundle_two)
        assert place.given.leftovers()
        place.delete()
        assert place.given.leftovers() == []
        place.delete()
        assert not place.given.platform.inspect(place.service, place.memory("look")).exists

    def test_a_version_that_nobody_needs_is_discarded(
        self, place: Place, bundle_one: BundleContent, bundle_two: BundleContent
    ) -> None:
        first = place.release(bundle_one)
        place.release(bundle_two)
        place.given.platform.discard(place.service, first.version, place.memory("discard"))
        place.given.platform.discard(place.service, first.version, place.memory("discard"))
        assert place.greeting() == "two"

    def test_no_secret_is_said(self, place: Place, bundle_one: BundleContent) -> None:
        place.release(bundle_one)
        assert not [line for line in place.said.lines if "secret-of-the-model" in line]
        assert "secret-of-the-model" not in str(place.ids.kept) + str(place.attempts)


def until_done(place: Place, wish: Release) -> None:
    """As a worker does it: what may pass is tried again, with what was remembered."""
    for _attempt in range(5):
        try:
            place.released(wish)
        except PlatformError:
            continue
        return
    raise AssertionError("five attempts were not enough")


def _kinds(words: list[str]) -> list[str]:
    """Leftovers by kind and number: names differ from one service to the next."""
    return sorted(word.partition(" ")[0] for word in words)
