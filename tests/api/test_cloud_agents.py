"""The interface of the published `dexto deploy` command: snapshots become commits, and go the way of every push."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from deployments.models import Deployment, Instance, Route, Wanted
from origin.models import OriginRepository
from projects import tokens
from projects.models import Project, Team, User
from projects.tokens import Scope
from tests import factories, git

pytestmark = pytest.mark.django_db

AGENT = "systemPrompt: You are kind.\nllm: {provider: openai, model: gpt-5-mini, apiKey: $OPENAI_API_KEY}\n"


@pytest.fixture
def owner() -> User:
    return factories.user()


@pytest.fixture
def team(owner: User) -> Team:
    return factories.team(owner)


@pytest.fixture
def client(team: Team, owner: User) -> Client:
    token = tokens.mint(team, owner, "cli", scopes=frozenset(Scope))
    return Client(headers={"Authorization": f"Bearer {token}"})


def _archive(files: dict[str, str], *, prefix: str = "workspace/", link: tuple[str, str] | None = None) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in files.items():
            about = tarfile.TarInfo(f"{prefix}{name}")
            about.size = len(text.encode())
            tar.addfile(about, io.BytesIO(text.encode()))
        if link:
            about = tarfile.TarInfo(f"{prefix}{link[0]}")
            about.type, about.linkname = tarfile.LNKTYPE, link[1]
            tar.addfile(about)
    return packed.getvalue()


def _deploy(client: Client, archive: bytes, **values: str) -> dict[str, object]:
    answer = client.post(
        "/api/cloud-agents/deploy",
        {
            "agentType": "workspace",
            "entryAgent": "agents/coding-agent.yml",
            "workspaceSnapshot": SimpleUploadedFile("workspace.tar.gz", archive),
            **values,
        },
    )
    return {"status": answer.status_code, **json.loads(answer.content)}


def _committed(slug: str, *arguments: str) -> str:
    origin = OriginRepository.objects.get(repository__projects__slug=slug)
    return git.git(Path(origin.path), *arguments)


def test_a_snapshot_becomes_a_commit_that_is_announced(client: Client) -> None:
    done = _deploy(client, _archive({"agents/coding-agent.yml": AGENT, ".dexto/database/x.db": "no", "README": "é"}))
    assert done["success"] is True
    slug = done["data"]["cloudAgentId"]
    assert slug.startswith("coding-agent-")
    assert done["data"]["cloudAgent"]["state"]["status"] == "queued"
    names = _committed(slug, "ls-tree", "-r", "--name-only", "main").splitlines()
    assert names == [".dexto/deploy.json", "README", "agents/coding-agent.yml"]
    origin = OriginRepository.objects.get(repository__projects__slug=slug)
    assert origin.announcements.count() == 1


def test_a_redeploy_replaces_everything_and_keeps_the_history(client: Client) -> None:
    slug = _deploy(client, _archive({"agents/coding-agent.yml": AGENT, "old.md": "old"}))["data"]["cloudAgentId"]
    _deploy(client, _archive({"agents/coding-agent.yml": AGENT, "new.md": "new"}), cloudAgentId=slug)
    assert "old.md" not in _committed(slug, "ls-tree", "-r", "--name-only", "main")
    assert len(_committed(slug, "log", "--format=%H", "main").splitlines()) == 2


def test_the_default_agent_needs_no_archive(client: Client) -> None:
    answer = client.post("/api/cloud-agents/deploy", {"agentType": "cloud-default"})
    slug = answer.json()["data"]["cloudAgentId"]
    assert _committed(slug, "ls-tree", "-r", "--name-only", "main") == "agent.yml"


@pytest.mark.parametrize(
    ("archive", "code"),
    [
        (b"not an archive", "snapshot_unreadable"),
        (_archive({"x": "y"})[:-20], "snapshot_unreadable"),
        (_archive({"../../evil": "x"}), "snapshot_path"),
        (_archive({"etc/passwd": "x"}, prefix="/"), "snapshot_path"),
        (_archive({"a": "x"}, link=("b", "/etc/passwd")), "snapshot_path"),
        (_archive({"bad\nname": "x"}), "snapshot_path"),
        (_archive({"large": "x" * 27_000_000}), "snapshot_too_large"),
    ],
    ids=["no archive", "cut short", "dots", "absolute", "link", "line end", "too large"],
)
def test_a_hostile_archive_is_refused_and_nothing_of_it_stays(client: Client, archive: bytes, code: str) -> None:
    slug = _deploy(client, _archive({"agents/coding-agent.yml": AGENT}))["data"]["cloudAgentId"]
    before = _committed(slug, "rev-parse", "main")
    refused = _deploy(client, archive, cloudAgentId=slug)
    assert (refused["status"], refused["success"], refused["code"]) == (409, False, code)
    assert _committed(slug, "rev-parse", "main") == before


def test_a_git_folder_inside_of_an_archive_is_left_out(client: Client) -> None:
    done = _deploy(client, _archive({"agents/coding-agent.yml": AGENT, "sub/.GIT/config": "x", ".git/HEAD": "x"}))
    names = _committed(done["data"]["cloudAgentId"], "ls-tree", "-r", "--name-only", "main").lower()
    assert ".git/" not in names


def test_list_and_stop_and_delete(client: Client, team: Team) -> None:
    project = factories.hosted_project(team)
    live = factories.ready(project)
    listed = client.get("/api/cloud-agents/list").json()["data"]["cloudAgents"]
    assert [(one["cloudAgentId"], one["state"]["status"]) for one in listed] == [(project.slug, "ready")]
    stopped = client.post(f"/api/cloud-agents/{project.slug}/stop").json()["data"]
    assert (stopped["stopped"], stopped["alreadyStopped"]) == (True, False)
    assert Instance.objects.get(deployment=live).wanted == Wanted.GONE
    assert client.get(f"/api/cloud-agents/{project.slug}").json()["data"]["cloudAgent"]["state"]["status"] == "stopped"
    assert client.delete(f"/api/cloud-agents/{project.slug}").json()["data"]["cloudAgentId"] == project.slug
    assert client.get(f"/api/cloud-agents/{project.slug}").status_code == 404


def test_a_deleted_project_ends_its_work_and_gives_its_names_back(client: Client, team: Team) -> None:
    project = factories.hosted_project(team, "shop")
    factories.ready(project)
    under_way = factories.pushed(project)
    client.delete("/api/cloud-agents/shop")
    under_way.refresh_from_db()
    assert under_way.status == "cancelled"
    assert not Project.objects.filter(slug="shop").exists()
    again = factories.hosted_project(team, "shop")
    factories.ready(again)
    assert Route.objects.get(project=again, kind="production").label == "shop"
    assert Deployment.objects.filter(project_id=project.pk).exists()


def test_another_teams_agent_is_not_there(client: Client) -> None:
    other = factories.hosted_project()
    refused = _deploy(client, _archive({"a": "x"}), cloudAgentId=other.slug)
    assert (refused["status"], refused["success"]) == (404, False)
