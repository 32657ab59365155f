"""Every payload that GitHub's own collection holds, taken in and acted upon: each has an answer and a decision."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from projects.models import Project
from tests import deliveries, factories, github_apps
from webhooks import processing
from webhooks.models import Delivery, DeliveryStatus
from webhooks.payloads import _PARSERS

_PACKAGE = Path(__file__).resolve().parents[2] / "runtime" / "node_modules" / "@octokit" / "webhooks-examples"
#: As many as there were when this was written; GitHub only adds to them.
_KNOWN = 329

pytestmark = pytest.mark.django_db


def _examples() -> list[tuple[str, dict[str, Any]]]:
    events = json.loads((_PACKAGE / "api.github.com" / "index.json").read_text())
    return [(event["name"], payload) for event in events for payload in event["examples"]]


def _decided(examples: list[tuple[str, dict[str, Any]]]) -> dict[str, Delivery]:
    """What the ledger says, by id. Each was answered by a 202 before anything was decided."""
    posted = {str(uuid4()): example for example in examples}
    answers = [
        deliveries.send(json.dumps(payload).encode(), event=event, guid=guid).status_code
        for guid, (event, payload) in posted.items()
    ]
    assert Counter(answers) == {202: len(examples)}
    assert processing.process_all() == len(examples)
    rows = {row.guid: row for row in Delivery.objects.all()}
    assert rows.keys() == posted.keys()
    return rows


def _undecided(rows: dict[str, Delivery]) -> list[tuple[str, Any]]:
    good = (DeliveryStatus.PROCESSED, DeliveryStatus.IGNORED)
    return [(row.event, row.error) for row in rows.values() if row.status not in good or not row.decision]


def test_each_has_a_decision_where_nothing_is_linked() -> None:
    examples = _examples()
    assert len(examples) >= _KNOWN
    rows = _decided(examples)
    assert len(rows) == len(examples)
    assert _undecided(rows) == []


def test_each_has_a_decision_where_the_repository_is_linked_and_the_app_installed() -> None:
    project = deliveries.linked_project()
    github_apps.installed(project.repository, github_apps.installation(project.team))
    rows = _decided(_examples())
    assert _undecided(rows) == []
    ours = {row.event for row in rows.values() if str(project.team_id) in row.decisions}
    assert ours >= {"push", "pull_request", "check_suite", "repository"}


def test_every_event_that_is_acted_upon_is_among_them() -> None:
    assert _PARSERS.keys() <= {event for event, _payload in _examples()}


def test_a_payload_without_what_it_needs_is_not_counted_as_decided() -> None:
    """The measure can fail: a push that names no commit is taken in, and has no decision."""
    factories.project(external_id=deliveries.REPOSITORY_ID)
    event, payload = next(one for one in _examples() if one[0] == "push")
    rows = _decided([(event, {**payload, "after": "none"})])
    assert [name for name, _error in _undecided(rows)] == ["push"]
    assert Project.objects.count() == 1
