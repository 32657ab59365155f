"""One verdict for each push: what its destinations come to together."""

from __future__ import annotations

import pytest

from core.targets import Platform, Target
from deployments import destinations
from deployments.destinations import Wish
from deployments.models import Deployment, DeploymentStatus, Push
from deployments.verdicts import Verdict, verdicts_of
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def push() -> Push:
    """To two destinations that count, and one that may fail."""
    project = factories.project()
    wishes = [Wish(name, Target.NODEJS, Platform.LOCAL, may_fail=name == "soft") for name in ("a", "b", "soft")]
    destinations.reconcile(project, wishes)
    return factories.pushed(project).push


def verdict(push: Push, **statuses: str) -> Verdict:
    for name, status in statuses.items():
        error = {"message": "It broke.", "hint": ""} if status == "failed" else None
        rows = Deployment.objects.filter(push=push, destination__name=name)
        rows.update(status=DeploymentStatus(status), error=error)
    return verdicts_of([push])[push.pk]


def test_all_that_count_are_ready(push: Push) -> None:
    found = verdict(push, a="ready", b="ready", soft="ready")
    assert found.is_good and not found.is_pending and found.sentence == "Ready: 2 destinations"
    assert [one.destination.name for one in found.members] == ["a", "b", "soft"]


def test_one_that_counts_fails_it(push: Push) -> None:
    found = verdict(push, a="ready", b="failed", soft="ready")
    assert not found.is_good and found.status == DeploymentStatus.FAILED
    assert found.sentence == "b: Failed: It broke."


def test_one_that_may_fail_is_named_and_does_not_fail_it(push: Push) -> None:
    found = verdict(push, a="ready", b="ready", soft="failed")
    assert found.is_good
    assert found.sentence == "Ready: 2 destinations; soft may fail, and did: Failed: It broke."


def test_it_waits_for_those_that_count_and_for_no_other(push: Push) -> None:
    assert verdict(push, a="ready", b="deploying", soft="ready").is_pending
    assert verdict(push, a="ready", b="ready", soft="deploying").is_good


def test_where_all_may_fail_they_count(push: Push) -> None:
    Deployment.objects.filter(push=push).exclude(destination__name="soft").delete()
    assert not verdict(push, soft="failed").is_good


def test_a_push_that_deployed_nothing_has_none() -> None:
    assert verdicts_of([]) == {}
