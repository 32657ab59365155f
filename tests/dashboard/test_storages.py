"""The Storages page: what is there, who uses it, what is wrong with it, and how it goes."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from deployments.cloud import queue
from deployments.models import Account, AgentStorage, AgentStorageVariable, Deployment, DeploymentVariable, Destination
from projects.models import Operation, Project
from projects.secrets import seal
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return factories.project(slug="agent")


@pytest.fixture
def storage(project: Project) -> AgentStorage:
    return of(project)


@pytest.fixture
def person(project: Project) -> Client:
    client = Client()
    client.force_login(project.team.memberships.get().user)
    return client


def of(project: Project) -> AgentStorage:
    """With an account, and a variable by which the agent finds it."""
    destination = factories.elsewhere(project).destination
    found: AgentStorage = AgentStorage.objects.get(destination=destination)
    account = Account.objects.create(team=project.team, platform="neon", name=f"neon-{found.pk}")
    AgentStorage.objects.filter(pk=found.pk).update(account=account)
    version = seal(project.team, "postgres://secret-of-the-memory")
    AgentStorageVariable.objects.create(team=project.team, storage=found, name="DATABASE_URL", version=version)
    return found


def used(storage: AgentStorage) -> Deployment:
    """By a deployment that serves production."""
    deployment = factories.ready(storage.destination.project)
    variable = storage.variables.get()
    DeploymentVariable.objects.create(
        team=storage.team, deployment=deployment, name=variable.name, version_id=variable.version_id
    )
    return deployment


def page(person: Client, project: Project) -> str:
    answer = person.get(f"/{project.team.slug}/agent/storages")
    assert answer.status_code == 200
    return str(answer.content.decode())


def removed(person: Client, storage: AgentStorage) -> str:
    path = f"/{storage.team.slug}/agent/storages/{storage.name}/remove"
    return str(person.post(path, follow=True).content.decode())


def test_one_is_shown_with_who_uses_it_and_without_its_values(
    person: Client, project: Project, storage: AgentStorage
) -> None:
    assert "not in use" in page(person, project)
    deployment = used(storage)
    found = page(person, project)
    for words in (storage.name, "neon / neon-", "DATABASE_URL", deployment.public_id, ">in use<", "edge"):
        assert words in found
    assert "secret-of-the-memory" not in found
    assert "Delete…" not in found


def test_what_is_wrong_is_said(person: Client, project: Project, storage: AgentStorage) -> None:
    said = {"message": "The project is not there.", "hint": "Look at neon.", "code": "x"}
    AgentStorage.objects.update(error=said)
    assert "It could not be removed: The project is not there. Look at neon." in page(person, project)
    Account.objects.filter(platform="neon").update(error={**said, "message": "The key was refused."})
    assert "The key was refused." in page(person, project)
    AgentStorage.objects.update(account=None)
    assert "Its account was removed" in page(person, project)


def test_a_destination_that_asks_for_one_says_what_will_be(person: Client, project: Project) -> None:
    assert "No storages yet" in page(person, project)
    Destination.objects.update(config={"storage": {"provider": "neon"}})
    assert "Asks for neon: it is made with its next release." in page(person, project)
    Destination.objects.update(config={"storage": {"provider": "neon", "colour": "red"}})
    assert "config.storage.colour is unknown." in page(person, project)


def test_one_that_nobody_uses_is_deleted(person: Client, project: Project, storage: AgentStorage) -> None:
    assert f"{storage.name} is being deleted." in removed(person, storage)
    assert Operation.objects.get(kind=queue.REMOVE).subject_id == storage.pk
    found = page(person, project)
    assert ">being deleted<" in found
    assert "Delete…" not in found


def test_one_that_is_used_is_not(person: Client, project: Project, storage: AgentStorage) -> None:
    deployment = used(storage)
    Deployment.objects.filter(pk=deployment.pk).update(destination=storage.destination)
    assert "keeps the memory of an agent that serves" in removed(person, storage)
    assert not Operation.objects.filter(kind=queue.REMOVE).exists()


def test_only_who_configures_deletes(person: Client, project: Project, storage: AgentStorage) -> None:
    project.team.memberships.update(role="viewer")
    assert "Delete…" not in page(person, project)
    path = f"/{project.team.slug}/agent/storages/{storage.name}/remove"
    assert person.post(path).status_code == 403


def test_many_take_as_many_queries_as_one(person: Client, project: Project, storage: AgentStorage) -> None:
    deployment = used(storage)
    with CaptureQueriesContext(connection) as few:
        page(person, project)
    for number in range(3):
        preview = AgentStorage.objects.create(
            team=project.team,
            destination=storage.destination,
            environment="preview",
            branch=f"branch-{number}",
            provider="neon",
            name=f"preview-{number}",
            mark=f"dexto:preview-{number}",
        )
        version = seal(project.team, "v")
        of_it = {"team": project.team, "name": f"V{number}", "version": version}
        AgentStorageVariable.objects.create(storage=preview, **of_it)
        DeploymentVariable.objects.create(deployment=deployment, **of_it)
    with CaptureQueriesContext(connection) as many:
        assert "preview-2" in page(person, project)
    assert len(many) == len(few)
