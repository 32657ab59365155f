"""The palette, the search, the filters and the log as text: what a person finds, and what they do not."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from builds import logs
from builds.models import Build
from projects.models import Project, Team, User
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return factories.user()


@pytest.fixture
def team(user: User) -> Team:
    return factories.team(user, "acme")


@pytest.fixture
def project(team: Team) -> Project:
    return factories.project(team, "agent")


@pytest.fixture
def person(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


class TestPalette:
    def test_it_finds_projects_deployments_and_pages(self, person: Client, project: Project) -> None:
        one = factories.ready(project, "feature/login")
        for words in ("age", one.public_id[:5], one.push.after[:7], "feature/l"):
            assert "/acme/agent" in person.get("/find", {"q": words}).content.decode(), words
        assert "/acme/-/audit" in person.get("/find", {"q": "aud"}).content.decode()
        assert "Nothing is called so" in person.get("/find", {"q": "zebra"}).content.decode()

    @pytest.mark.usefixtures("project")
    def test_it_finds_nothing_of_another_team(self, person: Client) -> None:
        other = factories.project(factories.team(factories.user(), "others"), "agent-of-others")
        theirs = factories.ready(other)
        for words in ("agent-of", theirs.public_id, theirs.push.after, "others", ""):
            assert "others" not in person.get("/find", {"q": words}).content.decode(), words

    @pytest.mark.usefixtures("project")
    def test_hostile_words_are_only_words(self, person: Client) -> None:
        for words in ("\0", "%", "'; DROP TABLE", "<script>", "a" * 5_000):
            answer = person.get("/find", {"q": words})
            assert answer.status_code == 200 and "<script>" not in answer.content.decode()


class TestTeam:
    def test_projects_are_searched_and_paged(self, person: Client, team: Team) -> None:
        for number in range(60):
            factories.project(team, f"agent-{number:02}")
        first = person.get("/acme").content.decode()
        assert "agent-00" in first and "agent-39" in first and "agent-40" not in first
        assert "agent-59" in person.get("/acme", {"after": "agent-39"}).content.decode()
        found = person.get("/acme", {"q": "agent-5"}).content.decode()
        assert "agent-55" in found and "agent-49" not in found
        assert "No project is called so" in person.get("/acme", {"q": "zebra"}).content.decode()

    def test_build_times_are_drawn(self, person: Client, project: Project) -> None:
        factories.ready(project)
        now = timezone.now()
        Build.objects.update(started_at=now - timezone.timedelta(seconds=2), finished_at=now, reused=False)
        assert "median 2.0 s, 0 failed" in person.get("/acme").content.decode()

    def test_more_projects_take_no_more_queries(self, person: Client, team: Team) -> None:
        factories.ready(factories.project(team, "agent"))
        few = _queries(person, "/acme")
        for number in range(5):
            factories.ready(factories.project(team, f"agent-{number}"))
        assert _queries(person, "/acme") == few


class TestFilters:
    def test_deployments_are_narrowed_and_the_next_page_stays_so(self, person: Client, project: Project) -> None:
        mine, other = factories.ready(project), factories.ready(project, "feature")
        shown = person.get("/acme/agent", {"branch": "feature"}).content.decode()
        assert f"deployments/{other.public_id}" in shown
        assert f'href="/acme/agent/deployments/{mine.public_id}"' not in _list_of(shown)
        assert "No deployment fits" in person.get("/acme/agent", {"status": "failed"}).content.decode()
        for _ in range(31):
            factories.ready(project, "feature")
        assert "?branch=feature&amp;before=" in person.get("/acme/agent", {"branch": "feature"}).content.decode()

    @pytest.mark.parametrize("before", ["x", "9" * 30, "-1", ""])
    def test_a_page_that_is_none_is_the_first(self, person: Client, project: Project, before: str) -> None:
        factories.ready(project)
        assert person.get("/acme/agent", {"before": before}).status_code == 200


def test_a_log_is_a_text_file_as_well(person: Client, project: Project) -> None:
    one = factories.ready(project)
    logs.append(one.stream, [logs.entry("start", f"line {number}") for number in range(3_000)])
    path = f"/acme/agent/deployments/{one.public_id}/logs"
    text = b"".join(person.get(f"{path}/release.txt")).decode().splitlines()  # type: ignore[arg-type]
    assert len(text) > 3_000 and text[-1].endswith("line 2999")
    assert person.get(f"{path}/nothing.txt").status_code == 404


def _queries(person: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert person.get(path).status_code == 200
    return len(captured)


def _list_of(page: str) -> str:
    """The list of deployments, without what stands in production above it."""
    return page.partition("<h2>Deployments</h2>")[2]
