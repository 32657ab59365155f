"""Routes: a hostname belongs to one place of one project, over the whole installation."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from django.db import connections

from deployments import destinations, routing
from deployments.models import Cause, Destination, Route, RouteChange, RouteKind
from projects.models import Project
from tests import factories


def destination_of(project: Project) -> Destination:
    return destinations.destinations_of(project)[0]


@pytest.mark.django_db
class TestHostnames:
    def test_two_teams_with_a_project_of_one_name_have_two_hosts(self) -> None:
        first, second = (routing.production_route(destination_of(factories.project(slug="agent"))) for _ in range(2))
        assert first.hostname == "agent.localhost"
        assert second.hostname.startswith("agent-")
        assert second.hostname != first.hostname

    def test_and_so_have_their_branches(self) -> None:
        first, second = (factories.project(slug="agent") for _ in range(2))
        one = routing.branch_route(destination_of(first), "main")
        other = routing.branch_route(destination_of(second), "main")
        assert one.hostname == "agent-git-main.localhost"
        assert other.hostname != one.hostname

    def test_branches_that_look_alike_have_hosts_of_their_own(self) -> None:
        destination = destination_of(factories.project(slug="agent"))
        names = ["feature/x", "feature-x", "Feature-X", "feature.x", "x" * 100, "x" * 101, "ü", "ö"]
        hosts = {routing.branch_route(destination, name).hostname for name in names}
        assert len(hosts) == len(names)

    def test_a_route_is_made_once(self) -> None:
        destination = destination_of(factories.project())
        assert routing.branch_route(destination, "a/b") == routing.branch_route(destination, "a/b")
        assert routing.production_route(destination) == routing.production_route(destination)

    def test_a_second_destination_has_its_name_in_its_hosts(self) -> None:
        project = factories.project(slug="agent")
        destination_of(project)
        second = Destination.objects.create(
            team=project.team, project=project, name="EU west", target="nodejs", platform="local"
        )
        assert routing.production_route(second).hostname == "agent-eu-west.localhost"


@pytest.mark.django_db
class TestPointing:
    def test_each_change_is_a_generation_and_has_its_cause(self) -> None:
        project = factories.project()
        deployment = factories.ready(project)
        route = Route.objects.get(kind=RouteKind.PRODUCTION)
        before = route.generation
        routing.point(route, deployment, Cause.ROLLBACK)
        route.refresh_from_db()
        assert route.generation == before + 1
        assert RouteChange.objects.filter(route=route).latest("pk").cause == Cause.ROLLBACK
        assert route in Route.objects.disagreeing()

    def test_a_push_moves_a_route_only_forward(self) -> None:
        project = factories.project()
        older, newer = factories.ready(project), factories.ready(project)
        route = Route.objects.get(kind=RouteKind.PRODUCTION)
        assert not routing.advance(route, older)
        assert routing.advance(route, newer)
        route.refresh_from_db()
        assert route.wanted == newer


@pytest.mark.django_db(transaction=True)
def test_of_two_who_want_a_name_at_once_one_gets_it() -> None:
    places = [destination_of(factories.project(slug="agent")) for _ in range(6)]
    start = Barrier(len(places))
    hosts: list[str] = []

    def claim(destination: Destination) -> None:
        start.wait()
        hosts.append(routing.production_route(destination).hostname)
        connections.close_all()

    threads = [Thread(target=claim, args=(one,)) for one in places]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(hosts)) == len(places)
    assert hosts.count("agent.localhost") == 1
