"""The API against its own description: every operation, asked what it says that it takes, and more that it does not.

No answer is a fault of ours, and each is of a status, a media type and a shape that the description names.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import schemathesis
from dexto_cloud.wsgi import application
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from projects import tokens
from projects.actions import set_variable
from projects.models import Environment, User
from projects.tokens import Scope
from tests import factories

_CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


_DESCRIPTION = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
_SCHEMA = schemathesis.openapi.from_dict(json.loads(json.dumps(_DESCRIPTION, default=str)))
_OPERATIONS = {found.ok().label: found.ok() for found in _SCHEMA.get_all_operations()}


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """As Django's own client does it: the end of a request must not end the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@dataclass(frozen=True, slots=True)
class Asking:
    """Who may do everything, in a team that has one of everything, and what its things are called."""

    token: str
    names: dict[str, str]
    numbers: dict[str, int]

    def parts(self, path: str, asked: dict[str, object]) -> dict[str, object]:
        """What stands for each part of an address, as far as it is known."""
        number = next((value for start, value in self.numbers.items() if path.startswith(start)), 0)
        return {name: number if name == "id" else self.names[name] for name in asked}


@pytest.fixture
def asking() -> Asking:
    owner = factories.user()
    User.objects.filter(pk=owner.pk).update(is_superuser=True)
    project = factories.hosted_project(factories.team(owner), "agent")
    deployment = factories.ready(project)
    factories.ready(project)
    service = factories.elsewhere(project, "main")
    set_variable(project, "MODE", "kind", environment=Environment.PRODUCTION, actor=owner, is_secret=False)
    token = tokens.mint(project.team, owner, "all", scopes=frozenset(Scope))
    names = {"slug": "agent", "public_id": deployment.public_id, "stream": "release", "name": "MODE"}
    there = {"destination": "edge", "service": service.name, "platform": "fly", "account": "main"}
    target = factories.told(project)
    there |= {
        "user": factories.joined(project.team).user.username,
        "target": str(target.pk),
        "delivery": str(target.notifications.get().public_id),
    }
    there["storage"] = service.destination.storages.get().name
    names |= {**there, "key": deployment.public_id, "hostname": service.destination.domains.get().hostname}
    rows = {
        "/api/v1/" + route.replace("<slug:slug>", "{slug}").partition("<")[0]: row.pk
        for route, row in factories.numbered(project, owner).items()
    }
    return Asking(token, names, rows)


_RUNS = settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def test_the_description_that_is_checked_in_is_the_code_s() -> None:
    """`make api-description` writes it anew."""
    kept = Path(__file__).parents[2] / "docs" / "openapi.json"
    assert json.loads(kept.read_text()) == json.loads(json.dumps(_DESCRIPTION, default=str))
    assert _DESCRIPTION["openapi"].startswith("3.1")


@pytest.mark.django_db
@pytest.mark.parametrize("label", sorted(_OPERATIONS))
@_RUNS
@given(data=st.data())
def test_every_answer_is_one_that_the_description_names(label: str, asking: Asking, data: st.DataObject) -> None:
    case = data.draw(_OPERATIONS[label].as_strategy())
    if data.draw(st.integers(0, 3)):  # mostly of what is there
        case.path_parameters = asking.parts(case.operation.path, case.path_parameters or {})
    with transaction.atomic():
        answer = case.call(headers={"Authorization": f"Bearer {asking.token}"}, app=application)
        case.validate_response(answer, checks=_CHECKS)
        transaction.set_rollback(True)
