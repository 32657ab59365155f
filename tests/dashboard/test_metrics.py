"""The page of what a project's agents did."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from dashboard.charts import HEIGHT, nice_top, stacked, steps
from dashboard.measuring import compact, share
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
    answer = person.get(f"/{project.team.slug}/{project.slug}/metrics{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_where_nothing_is_served_it_says_what_to_do(person: Client, project: Project) -> None:
    assert "Push, and its requests are counted" in page(person, project)
    factories.ready(project)
    assert f"curl http://{project.slug}.localhost" in page(person, project)


def test_it_shows_totals_drawings_and_the_same_as_a_table(person: Client, project: Project) -> None:
    live = factories.ready(project)
    factories.busy(live)
    shown = page(person, project)
    assert shown.count("<figure") == 4
    assert shown.count('role="img" aria-label="') == 4
    assert "Where it failed most" in shown and f"/logs?of={live.public_id}&amp;at=" in shown
    assert "Production changed" in shown
    assert shown.count('<th scope="row">') == 55


def test_one_deployment_is_chosen_and_another_team_s_is_not_there(person: Client, project: Project) -> None:
    live, quiet = factories.ready(project), factories.ready(project, "idea")
    factories.busy(live)
    assert "Nothing was asked in this time" in page(person, project, f"?deployment={quiet.public_id}")
    assert f'<option value="{quiet.public_id}" selected>' in page(person, project, f"?deployment={quiet.public_id}")
    assert f'<option value="{live.public_id}" selected>' in page(person, project, f"?deployment={live.public_id}")
    other = factories.ready(factories.project())
    for query in (f"?deployment={other.public_id}", "?deployment=nothing00", "?range=2y", "?range=%00x"):
        assert person.get(f"/{project.team.slug}/{project.slug}/metrics{query}").status_code == 404


def test_what_is_read_anew_is_the_numbers_alone(person: Client, project: Project) -> None:
    factories.busy(factories.ready(project))
    part = page(person, project, "?part=numbers&range=24h")
    assert "<figure" in part and "<html" not in part


def test_agents_at_vendors_are_said_to_be_measured_there(person: Client, project: Project) -> None:
    assert "measured there" not in page(person, project)
    factories.elsewhere(project)
    assert "at fly" in page(person, project)


def test_it_takes_the_same_queries_however_much_there_is(person: Client, project: Project) -> None:
    factories.busy(factories.ready(project), minutes=1)
    page(person, project)
    with CaptureQueriesContext(connection) as few:
        page(person, project)
    for number in range(4):
        factories.busy(factories.ready(project, f"branch-{number}"), minutes=20)
    with CaptureQueriesContext(connection) as many:
        page(person, project, "?range=7d")
    assert len(many) == len(few)


@pytest.mark.parametrize(
    ("part", "said"), [(0, "0 %"), (0.0001, "< 0.1 %"), (0.0123, "1.2 %"), (0.05, "5 %"), (0.5, "50 %"), (1, "100 %")]
)
def test_a_share_is_said_in_percent(part: float, said: str) -> None:
    assert share(part) == said


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0"), (9_999, "9,999"), (12_345, "12.3k"), (4e6, "4.0M"), (2.5e9, "2.5G"), (1e12, "1.0T")]
)
def test_a_large_number_is_said_in_short(number: float, said: str) -> None:
    assert compact(number) == said


@given(st.floats(1e-6, 1e13))
def test_a_scale_ends_little_above_the_largest_number(largest: float) -> None:
    assert largest * (1 - 1e-6) <= nice_top(largest) <= largest * 2.5 * (1 + 1e-6)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=20))
def test_bars_stand_on_each_other_and_stay_in_the_box(columns: list[tuple[int, int]]) -> None:
    rows = [list(row) for row in zip(*columns, strict=True)]
    paths = stacked(rows, nice_top(max(map(sum, columns))))
    for row, path in zip(rows, paths, strict=True):
        assert path.count("M") == sum(1 for value in row if value)
        assert all(-2 <= float(bar.partition("v")[0].split()[1]) <= HEIGHT for bar in path.split("M")[1:])


def test_a_line_is_interrupted_where_nothing_is_known() -> None:
    assert steps([1.0, 0.5, None, 0.0], 1.0) == "M0.0 0.0H250.0V50.0H500.0M750.0 100.0H1000.0"
    assert steps([None, None], 1.0) == ""
