"""The project's page of what its agents print while they serve."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext

from builds import logs
from deployments.cloud import following
from deployments.models import Deployment
from projects.models import Project
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return factories.project()


@pytest.fixture
def person(project: Project) -> Client:
    client = Client()
    client.force_login(project.team.memberships.get().user)
    return client


def page(person: Client, project: Project, query: str = "") -> str:
    return person.get(f"/{project.team.slug}/{project.slug}/logs{query}").content.decode()


def followed(deployment: Deployment) -> str:
    return f'data-stream="/events/streams/{deployment.instance.stream_id}?'


def test_before_the_first_agent_it_says_so(person: Client, project: Project) -> None:
    assert "No agent serves yet" in page(person, project)


def test_it_follows_production_and_by_choice_a_preview(person: Client, project: Project) -> None:
    live, preview = factories.ready(project), factories.ready(project, "idea")
    assert followed(live) in page(person, project) and "production · " in page(person, project)
    shown = page(person, project, f"?of={preview.public_id}")
    assert followed(preview) in shown
    assert followed(live) not in shown


def test_a_long_log_begins_with_its_newest_lines_and_its_text_has_all(person: Client, project: Project) -> None:
    live = factories.ready(project)
    logs.append(live.instance.stream, [logs.entry("agent", f"line {number}") for number in range(2_500)])
    assert f"{followed(live)}after=499" in page(person, project)
    text = b"".join(person.get(f"/{project.team.slug}/{project.slug}/logs?text=1").streaming_content)  # type: ignore[attr-defined]
    assert text.count(b"\n") == 2_500


def test_what_does_not_serve_here_has_no_log_here(person: Client, project: Project) -> None:
    other = factories.ready(factories.project())
    assert person.get(f"/{project.team.slug}/{project.slug}/logs?of={other.public_id}").status_code == 404


def test_a_service_elsewhere_is_followed_once_it_was_asked_for(person: Client, project: Project) -> None:
    service = factories.elsewhere(project)
    assert "Nobody asked for its log yet" in page(person, project, f"?of={service.name}")
    stream = following.start(service).stream
    assert stream is not None
    assert f"/events/streams/{stream.pk}?" in page(person, project, f"?of={service.name}")


def test_more_previews_are_no_more_queries(person: Client, project: Project) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            page(person, project)
        return len(seen)

    factories.ready(project)
    few = queries()
    for number in range(3):
        factories.ready(project, f"idea-{number}")
    assert queries() == few


def test_a_time_leads_to_the_first_line_from_then_on(person: Client, project: Project) -> None:
    live = factories.ready(project)
    for batch in range(40):
        logs.append(live.instance.stream, [(batch * 60_000 + line * 1_000, "agent", "words") for line in range(3)])
    address = f"/{project.team.slug}/{project.slug}/logs?of={live.public_id}"
    leads = {seconds: person.get(f"{address}&at={seconds}").headers["Location"] for seconds in (0, 1_802, 1_803, 9_999)}
    assert leads == {
        0: f"?of={live.public_id}&after=-1#agent-1",
        1_802: f"?of={live.public_id}&after=71#agent-93",
        1_803: f"?of={live.public_id}&after=72#agent-94",
        9_999: f"?of={live.public_id}&after=99#agent-121",
    }
    shown = page(person, project, leads[1_802].partition("#")[0])
    assert f"{followed(live)}after=71" in shown and "begins at an earlier line" in shown


def test_an_agent_that_serves_no_more_is_found_by_its_deployment(person: Client, project: Project) -> None:
    first, second = factories.ready(project), factories.ready(project)
    Deployment.objects.filter(pk=first.pk).update(expired_at=Now())
    assert followed(second) in page(person, project)
    shown = page(person, project, f"?of={first.public_id}")
    assert followed(first) in shown
