"""A node's disk: what nobody runs goes, what runs and what is not ours stays."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pytest_django import Settings

from deployments import actions
from deployments.models import Deployment, Destination, Instance, Node
from deployments.nodes.supervision import Places
from deployments.nodes.sweeping import sweep
from projects.models import Project
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "data", tmp_path / "run")


def _folder(path: Path, *, old: bool = True) -> Path:
    path.mkdir(parents=True)
    if old:
        os.utime(path, (0, 0))
    return path


def _running() -> tuple[Node, Deployment]:
    deployment = factories.ready(factories.project())
    return Instance.objects.get(deployment=deployment).node, deployment


def test_a_bundle_that_an_agent_runs_stays_and_an_unused_one_goes(places: Places) -> None:
    node, deployment = _running()
    assert deployment.bundle is not None
    used = _folder(places.data / "bundles" / deployment.bundle.digest)
    unused = _folder(places.data / "bundles" / ("f" * 64))
    fresh = _folder(places.data / "bundles" / ("e" * 64), old=False)
    assert sweep(node, places) == 1
    assert (used.exists(), unused.exists(), fresh.exists()) == (True, False, True)


def test_what_is_not_ours_by_its_name_is_never_touched(places: Places) -> None:
    node, _deployment = _running()
    foreign = [_folder(places.data / "bundles" / "my-backup"), _folder(places.data / "state" / "notes")]
    assert sweep(node, places) == 0
    assert all(path.exists() for path in foreign)


def test_a_memory_goes_days_after_its_project_and_not_before(places: Places, settings: Settings) -> None:
    node, deployment = _running()
    memory = _folder(places.data / "state" / str(deployment.destination_id))
    actions.delete_project(deployment.project, actor=None)
    sweep(node, places)
    assert memory.exists()
    settings.DELETED_PROJECT_DAYS = 0
    sweep(node, places)
    assert not memory.exists()
    assert Destination.objects.exists()
    assert Project.all_objects.exists()
