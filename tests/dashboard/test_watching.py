"""Pages of many deployments hear of changes, and only who may see them does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from dexto_cloud.asgi import application
from django.conf import settings
from django.db import connections
from django.test import Client

from dashboard.hub import CHANGED
from dashboard.watching import Subject, state
from deployments.models import Deployment, DeploymentStatus
from projects.models import Project
from tests import asgi, factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project() -> Project:
    return factories.project()


def cookie_of(project: Project) -> dict[str, str]:
    person = Client()
    person.force_login(project.team.memberships.get().user)
    return {"cookie": f"{settings.SESSION_COOKIE_NAME}={person.cookies[settings.SESSION_COOKIE_NAME].value}"}


@asynccontextmanager
async def listening(address: str, headers: dict[str, str]) -> AsyncIterator[ApplicationCommunicator]:
    path, _, query = address.partition("?")
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    listener = ApplicationCommunicator(application, scope)
    await listener.send_input({"type": "http.request", "body": b""})
    assert (await listener.receive_output(20))["status"] == 200
    yield listener
    await listener.send_input({"type": "http.disconnect"})
    await listener.wait(20)


async def heard(listener: ApplicationCommunicator) -> bytes:
    word: bytes = (await listener.receive_output(20))["body"]
    return word


def fail(deployment: Deployment) -> None:
    Deployment.objects.filter(pk=deployment.pk).update(status=DeploymentStatus.FAILED)


async def meanwhile(change: Callable[..., object], *arguments: object) -> None:
    """In a thread of its own, which leaves no connection behind."""

    def changed() -> None:
        try:
            change(*arguments)
        finally:
            connections.close_all()

    await sync_to_async(changed)()


@pytest.mark.parametrize("kind", ["project", "team"])
def test_everybody_who_watches_hears_of_each_change(project: Project, kind: str) -> None:
    first = factories.pushed(project)
    subject = Subject(kind, project.pk if kind == "project" else project.team_id)
    address, headers = subject.address, cookie_of(project)

    async def story() -> None:
        async with listening(address, headers) as one, listening(address, headers) as other:
            await meanwhile(fail, first)
            assert await heard(one) == await heard(other) == CHANGED
            await meanwhile(factories.ready, project, "idea")
            assert await heard(one) == CHANGED

    asyncio.run(story())


def test_what_changed_while_the_page_was_on_its_way_is_told(project: Project) -> None:
    deployment = factories.pushed(project)
    address, headers = Subject("project", project.pk).address, cookie_of(project)
    fail(deployment)

    async def story() -> None:
        async with listening(address, headers) as listener:
            assert await heard(listener) == CHANGED

    asyncio.run(story())


def test_what_happens_elsewhere_is_no_change(project: Project) -> None:
    before = state(Subject("project", project.pk))
    factories.ready(factories.project(project.team))
    assert state(Subject("project", project.pk)) == before


def test_who_may_not_see_it_may_not_watch_it(project: Project) -> None:
    stranger = cookie_of(factories.project())
    for kind, number in (("project", project.pk), ("team", project.team_id), ("team", 10**17)):
        address = f"/events/{kind}/{number}"
        assert asgi.ask(address).status == asgi.ask(address, headers=stranger).status == 404
