"""What machines ask: alive, ready, measured, known."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from tests import factories

pytestmark = pytest.mark.django_db


def test_alive_is_not_ready(settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert Client().get("/healthz").status_code == 200
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "database": "ok", "queue": "ConnectionError", "objects": "ok"}


def test_ready_names_each_engine() -> None:
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["ready"]) == (200, True)


@pytest.mark.parametrize("given", ["", "Bearer wrong", "Bearer "])
def test_metrics_are_the_operators_alone(settings: Settings, given: str) -> None:
    settings.METRICS_TOKEN = ""
    assert Client().get("/metrics", headers={"Authorization": given}).status_code == 404
    settings.METRICS_TOKEN = "right"
    assert Client().get("/metrics", headers={"Authorization": given}).status_code == 404


def test_metrics_count_what_is_there(settings: Settings) -> None:
    settings.METRICS_TOKEN = "right"
    project = factories.project()
    factories.ready(project)
    factories.pushed(project, message="no [skip ci]")
    text = Client().get("/metrics", headers={"Authorization": "Bearer right"}).content.decode()
    assert 'dexto_deployments{environment="production",status="ready"} 1.0' in text
    assert 'dexto_deployments{environment="production",status="skipped"} 1.0' in text
    assert 'dexto_operations{kind="build",status="queued"} 1.0' in text
    assert "# HELP dexto_queue_oldest_seconds" in text
