"""AWS Lambda, against moto behind a counterpart that adds what moto leaves out and runs the functions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import UserError
from core.targets import Target
from deployments.platforms.aws import MODULE
from deployments.platforms.aws_account import NEEDED
from deployments.platforms.cloud import BundleContent, Endpoints, Service, Share, Version
from tests.deployments.platforms.losses import later_answers_lost
from tests.deployments.platforms.suite import Counterpart, Place, PlatformSuite
from tests.fakes.aws.control_plane import ACCOUNT, directly, there
from tests.fakes.aws.functions import FunctionState
from tests.fakes.aws.server import AwsFake
from tests.fakes.vendor import Fault, serving

_KEYS = {"access_key_id": "AKIATEST", "secret_access_key": "secret-of-the-account"}
_FULL = {"__type": "CodeStorageExceededException", "code": "CodeStorageExceededException", "message": "75 GB are used"}


@contextmanager
def made(folder: Path) -> Iterator[Counterpart]:
    fake = AwsFake(folder)
    with serving(fake):
        yield Counterpart(
            MODULE,
            MODULE.connect(_KEYS, Endpoints(fake.url, fake.url)),
            fake,
            Target.LAMBDA,
            leftovers=there,
            foreign=lambda service: _foreign(fake, service),
            revoke=fake.keys.clear,
            domain_is_ready=lambda _hostname: None,
            uploaded_bytes=lambda: fake.uploaded_bytes,
            quota_fault=Fault("POST /2015-03-31/functions", 400, times=9, content=_FULL),
        )


def _foreign(fake: AwsFake, service: Service) -> None:
    trust = '{"Version": "2012-10-17", "Statement": []}'
    role = directly("iam").create_role(RoleName="somebodys", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    code = {"ZipFile": b"PK\x05\x06" + b"\0" * 18}
    directly("lambda").create_function(
        FunctionName=service.name, Role=role, Code=code, Runtime="nodejs22.x", Handler="index.handler"
    )
    fake.functions[service.name] = FunctionState(service.name, fake.folder, {}, ("State", 0))


class TestAws(PlatformSuite):
    @pytest.fixture
    def counterpart(self, tmp_path: Path) -> Iterator[Counterpart]:
        with made(tmp_path) as given:
            yield given

    @pytest.mark.slow
    def test_a_lost_answer_anywhere_makes_nothing_twice(self, place: Place, bundle_one: BundleContent) -> None:
        """A function is started for each of two dozen calls."""
        super().test_a_lost_answer_anywhere_makes_nothing_twice(place, bundle_one)

    @pytest.mark.slow
    def test_a_lost_answer_in_a_later_release_or_move_makes_nothing_twice(
        self, place: Place, bundle_one: BundleContent, bundle_two: BundleContent
    ) -> None:
        later_answers_lost(place, bundle_one, bundle_two)

    def test_a_release_makes_few_calls(self, place: Place, bundle_one: BundleContent) -> None:
        """Looks at what takes its time among them: two at a new function, one at each change."""
        calls = place.given.fake.calls
        first = place.release(bundle_one)
        assert len(calls) <= 25, calls
        before = len(calls)
        place.release(bundle_one)
        assert len(calls) - before <= 8, calls[before:]
        before = len(calls)
        place.move(first)
        assert len(calls) - before == 2, calls[before:]

    def test_a_role_is_assumed_for_an_hour_with_its_external_id(self, counterpart: Counterpart) -> None:
        fake, role = aws_of(counterpart), "arn:aws:iam::123456789012:role/deployer"
        fake.trusted = {role: "ours-alone"}
        given = {**_KEYS, "role_arn": role, "external_id": "ours-alone"}
        assert MODULE.connect(given, Endpoints(fake.url, fake.url)).check().account == ACCOUNT
        assert len(fake.keys) == 2
        stranger = MODULE.connect({**given, "external_id": "guessed"}, Endpoints(fake.url, fake.url))
        with pytest.raises(UserError) as refused:
            stranger.check()
        assert refused.value.code == "credential_refused" and "external id" in refused.value.next_step

    def test_what_the_policies_do_not_allow_is_named(self, counterpart: Counterpart) -> None:
        aws_of(counterpart).denied = {"lambda:PublishVersion", "iam:PassRole"}
        (missing,) = counterpart.platform.check().missing
        assert "lambda:PublishVersion" in missing and "iam:PassRole" in missing

    def test_tags_that_may_not_be_read_are_not_taken_for_somebody_elses(
        self, place: Place, bundle_one: BundleContent
    ) -> None:
        place.release(bundle_one)
        aws_of(place.given).denied = {"lambda:ListTags"}
        with pytest.raises(UserError) as refused:
            place.release(bundle_one)
        aws_of(place.given).denied = set()
        assert refused.value.code == "credential_refused" and "lambda:ListTags" in refused.value.next_step

    def test_variables_that_a_version_cannot_hold_are_said_before_anything_is_made(
        self, place: Place, bundle_one: BundleContent
    ) -> None:
        with pytest.raises(UserError) as refused:
            place.release(bundle_one, LARGE="x" * 5000)
        assert refused.value.code == "variables_over_limit" and place.given.fake.calls == []
        with pytest.raises(UserError) as refused:
            place.release(bundle_one, AWS_REGION="eu-central-1")
        assert refused.value.code == "variable_reserved" and place.given.fake.calls == []

    @pytest.mark.parametrize("config", [{"regoin": "eu-central-1"}, {"memory": 64}, {"architecture": "riscv"}])
    def test_a_config_that_is_wrong_is_said_before_anything_is_made(
        self, place: Place, bundle_one: BundleContent, config: dict[str, object]
    ) -> None:
        place.service = replace(place.service, config=config)
        with pytest.raises(UserError) as refused:
            place.release(bundle_one)
        assert refused.value.code == "destination_config_invalid" and next(iter(config)) in refused.value.sentence
        assert place.given.fake.calls == []

    def test_a_role_and_a_bucket_of_the_teams_own_are_used_and_left(
        self, place: Place, bundle_one: BundleContent
    ) -> None:
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        role = directly("iam").create_role(RoleName="theirs", AssumeRolePolicyDocument=document)["Role"]["Arn"]
        directly("s3").create_bucket(Bucket="theirs")
        config = {"roleArn": role, "bucket": "theirs", "memory": 512, "timeout": 60, "architecture": "arm64"}
        place.service = replace(place.service, config=config)
        place.release(bundle_one)
        made = directly("lambda").get_function_configuration(FunctionName=place.service.name)
        assert (made["Role"], made["MemorySize"], made["Timeout"], made["Architectures"]) == (role, 512, 60, ["arm64"])
        place.delete()
        assert place.given.leftovers() == ["role theirs", "bucket theirs"]
        assert "Contents" not in directly("s3").list_objects_v2(Bucket="theirs")

    def test_a_service_does_not_move_to_another_region_behind_ones_back(
        self, place: Place, bundle_one: BundleContent
    ) -> None:
        place.release(bundle_one)
        place.service = replace(place.service, config={"region": "eu-central-1"})
        with pytest.raises(UserError) as refused:
            place.release(bundle_one)
        assert "us-east-1" in refused.value.sentence and place.greeting() == "one"
        place.delete()
        assert place.given.leftovers() == []

    def test_what_was_taken_from_beside_the_function_is_seen(self, place: Place, bundle_one: BundleContent) -> None:
        place.release(bundle_one)
        role = f"{place.service.name}-role"
        for policy in directly("iam").list_role_policies(RoleName=role)["PolicyNames"]:
            directly("iam").delete_role_policy(RoleName=role, PolicyName=policy)
        directly("iam").delete_role(RoleName=role)
        (missing,) = place.given.platform.inspect(place.service, place.memory("look")).missing
        assert role in missing

    def test_who_changes_the_function_meanwhile_does_not_get_into_the_version(
        self, place: Place, bundle_one: BundleContent
    ) -> None:
        changed = {"code": "PreconditionFailedException", "message": "The RevisionId provided does not match"}
        place.given.fake.faults = [Fault("/versions", 412, content=changed)]
        place.release(bundle_one)
        assert place.greeting() == "one"
        assert sum(call.endswith("/versions") for call in place.given.fake.calls) == 2

    def test_two_versions_share_the_traffic_and_no_more(self, place: Place, bundle_one: BundleContent) -> None:
        share = Share(Version("1"), place.wish(bundle_one), percent=33)
        with pytest.raises(UserError) as refused:
            place.move(share, share, share)
        assert "two versions" in refused.value.sentence

    def test_a_domain_is_refused_with_the_way_that_there_is(self, place: Place) -> None:
        with pytest.raises(UserError) as refused:
            place.given.platform.attach_domain(place.service, "chat.example.org", place.memory("domain"))
        assert "CloudFront" in refused.value.next_step
        assert not place.given.platform.domain(place.service, "chat.example.org", place.memory("domain")).is_active


def test_the_policy_that_is_written_down_is_the_one_that_is_needed() -> None:
    text = (Path(__file__).parents[3] / "docs" / "aws.md").read_text()
    policy = json.loads(text.split("```json\n")[1].split("```")[0])
    assert set(policy["Statement"][0]["Action"]) == set(NEEDED)


def aws_of(counterpart: Counterpart) -> AwsFake:
    assert isinstance(counterpart.fake, AwsFake)
    return counterpart.fake
