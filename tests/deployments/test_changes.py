"""Changes of deployments' statuses: made in one place, told in the same transaction, cheap where nobody is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from deployments import changes
from deployments.models import Deployment, DeploymentStatus
from projects.models import OutboxEvent, Repository
from tests import factories, github_apps

ROOT = Path(__file__).resolve().parents[2]


def _events() -> list[int]:
    return [one.payload["deployment"] for one in OutboxEvent.objects.filter(kind=changes.CHANGED).order_by("pk")]


def test_no_status_moves_anywhere_else() -> None:
    packages = ("api", "cli", "dashboard", "deployments", "origin", "webhooks")
    sources = [path for package in packages for path in (ROOT / package).rglob("*.py")]
    assert [path.name for path in sources if "DEPLOYMENT_STATES.move(" in path.read_text()] == ["changes.py"]


@pytest.mark.django_db
def test_what_moved_is_told_and_what_did_not_is_not() -> None:
    deployment = factories.pushed(factories.project())
    installation = github_apps.installation(deployment.team)
    Repository.objects.filter(pk=deployment.project.repository_id).update(installation=installation)
    rows = Deployment.objects.filter(pk=deployment.pk)
    assert changes.move(rows, to=DeploymentStatus.BUILDING) == 1
    assert changes.move(rows, to=DeploymentStatus.BUILDING) == 0
    assert _events() == [deployment.pk]


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_was_never_told() -> None:
    deployment = factories.pushed(factories.project())
    installation = github_apps.installation(deployment.team)
    Repository.objects.filter(pk=deployment.project.repository_id).update(installation=installation)
    with transaction.atomic():
        changes.move(Deployment.objects.filter(pk=deployment.pk), to=DeploymentStatus.BUILDING)
        transaction.set_rollback(True)
    assert _events() == []


@pytest.mark.django_db
def test_a_repository_that_no_code_host_keeps_costs_two_small_looks(django_assert_num_queries: Any) -> None:
    deployment = factories.pushed(factories.project())
    with django_assert_num_queries(3):
        changes.move(Deployment.objects.filter(pk=deployment.pk), to=DeploymentStatus.BUILDING)
    assert _events() == []
