"""Deliveries in any order, twice or not at all: after the reconcile each address shows what it shows in their order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given
from hypothesis import settings as runs
from hypothesis import strategies as st

from deployments import pull_requests
from deployments.models import Deployment, DeploymentStatus, PullRequest, Route, RouteKind
from projects import outbox
from projects.models import Project
from tests import factories
from tests.webhooks.hosted_history import PRODUCTION, History, Told
from webhooks import ledger, processing, reconciling
from webhooks.models import Delivery, DeliveryStatus

_RUNS = runs(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
_MANY = runs(_RUNS, max_examples=250)

Happening = tuple[str, Any]
_NUMBERS = st.integers(1, 2)


def _of(names: list[str], what: st.SearchStrategy[Any]) -> st.SearchStrategy[Happening]:
    return st.tuples(st.sampled_from(names), what)


_FEATURE, _BRANCH, _OWNER = st.just("feature"), st.sampled_from(["feature", "other", PRODUCTION]), st.just("eve")
_ON_A_BRANCH = _of(["push", "push", "push_back", "delete"], _FEATURE)
_ON_A_PULL = _of(["close", "reopen", "merge"], st.just(1)) | _of(["push", "open", "push_back"], _FEATURE)
_ON_A_FORK = _of(["open_fork", "push_fork", "push_fork_back"], _OWNER) | _of(["close", "reopen", "approve"], st.just(1))
_ANYTHING = st.one_of(
    _of(["push", "push", "push_back", "delete", "open"], _BRANCH),
    _of(["close", "reopen", "merge", "approve"], _NUMBERS),
    _of(["open_fork", "push_fork"], st.sampled_from(["eve", "mallory"])),
)
#: What belongs together is tried in short; everything with everything now and then.
_HISTORIES = st.one_of(
    st.lists(_ON_A_BRANCH, min_size=3, max_size=6).map(lambda rest: [("push", "feature"), *rest]),
    st.lists(_ON_A_PULL, min_size=3, max_size=7).map(lambda rest: [("push", "feature"), ("open", "feature"), *rest]),
    st.lists(_ON_A_FORK, min_size=3, max_size=7).map(lambda rest: [("open_fork", "eve"), *rest]),
    st.lists(_ANYTHING, min_size=6, max_size=14),
)
#: Of each delivery: where it comes among the others (as far as there are), and how often.
_ARRIVALS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 2)), min_size=60, max_size=60)
#: After each arrival: nothing is done yet, it is decided, or all that follows of it is done as well.
_STEPS = st.sampled_from(["wait", "decide", "newest first", "oldest first", "approve"])
_PACES = st.lists(_STEPS, min_size=8, max_size=8)

Aliases = dict[tuple[str, str], str]


def in_order(project: Project, happenings: list[Happening]) -> History:
    history = History(project.repository.external_id)
    for name, what in happenings:
        before = len(history.told)
        if name == "approve":
            _approve(project)
        else:
            getattr(history, name)(what)
        for one in history.told[before:]:
            _arrive(one)
            _decide()
        _work(project)
    return history


def in_disorder(
    project: Project, happenings: list[Happening], arrivals: list[tuple[int, int]], paces: list[str]
) -> History:
    """With losses, and each delivery as often and as late as `arrivals` says."""
    history = History(project.repository.external_id)
    for name, what in happenings:
        if name != "approve":
            getattr(history, name)(what)
    moved = zip(history.told, arrivals, strict=False)
    late = sorted(
        ((place + later, one) for place, (one, (later, times)) in enumerate(moved) for _ in range(times)),
        key=lambda placed: placed[0],
    )
    for number, (_place, one) in enumerate(late):
        _arrive(one)
        _PACE[paces[number % len(paces)]](project)
    return history


def settled(project: Project, history: History) -> Aliases:
    """After the night: reconciled, and all of it done. A second night finds nothing to do."""
    _decide()
    reconciling.reconcile(project, history.state())
    _approve(project)
    _work(project)
    assert reconciling.reconcile(project, history.state()) == 0
    assert not Delivery.objects.exclude(status=DeliveryStatus.PROCESSED).exists()
    shown = Route.objects.filter(project=project, wanted__isnull=False).exclude(kind=RouteKind.DEPLOYMENT)
    return {(kind, branch): sha for kind, branch, sha in shown.values_list("kind", "branch", "wanted__push__after")}


def as_hosted(history: History) -> Aliases:
    """What there is to see, by what the host says there is."""
    state = history.state()
    previewed = state.branches.keys() - (state.parked(history.repository_id) - {PRODUCTION})
    branches = {("branch", name): state.branches[name] for name in previewed}
    pulls = {("pull", str(number)): pull.head_sha for number, pull in state.pulls.items()}
    production = {("production", ""): state.branches[PRODUCTION]} if PRODUCTION in state.branches else {}
    return {**branches, **pulls, **production}


def _arrive(one: Told) -> None:
    ledger.record(one.guid, host="github.com", event=one.event, repository_id=one.repository_id, body=one.body)


def _decide(_project: Project | None = None) -> None:
    processing.process_all()
    outbox.dispatch()


def _work(project: Project, *, newest_first: bool = False) -> None:
    """Whatever is under way becomes ready; as it happens, in any order."""
    _decide()
    under_way = Deployment.objects.active().filter(project=project).exclude(status=DeploymentStatus.WAITING)
    for deployment in under_way.with_everything().order_by("-pk" if newest_first else "pk"):
        factories.made_ready(deployment)
    outbox.dispatch()


def _approve(project: Project) -> None:
    """A member looks at what waits."""
    _decide()
    waiting = PullRequest.objects.filter(project=project, is_fork=True, is_open=True)
    for row in waiting.select_related("team", "project"):
        pull_requests.approve(row, row.head_sha, actor=row.team.memberships.first().user)
    outbox.dispatch()


_PACE: dict[str, Callable[[Project], None]] = {
    "wait": lambda _project: None,
    "decide": _decide,
    "newest first": lambda project: _work(project, newest_first=True),
    "oldest first": _work,
    "approve": _approve,
}


def _converges(happenings: list[Happening], arrivals: list[tuple[int, int]], paces: list[str]) -> None:
    with transaction.atomic():
        one, other = factories.project(), factories.project()
        told_well = in_order(one, happenings)
        told_badly = in_disorder(other, happenings, arrivals, paces)
        expected = settled(one, told_well)
        assert expected == as_hosted(told_well)
        assert settled(other, told_badly) == expected
        transaction.set_rollback(True)


@pytest.mark.django_db
@_RUNS
@given(happenings=_HISTORIES, arrivals=_ARRIVALS, paces=_PACES)
@example(  # made anew at the same commit, and nobody told
    [("push", "feature"), ("push", "feature"), ("delete", "feature"), ("push_back", "feature")],
    [(0, 1), (0, 1), (0, 1), (0, 1), (0, 0)],
    ["oldest first"],
)
@example(  # deleted while it was built, and nobody told
    [("push", "feature"), ("delete", "feature")], [(0, 1), (0, 0), (0, 0)], ["decide"]
)
@example(  # the fork's older commit was told last
    [("open_fork", "eve"), ("push_fork", "eve")], [(9, 1), (0, 1)], ["decide"]
)
@example(  # closed while it waited, open again
    [("open_fork", "eve"), ("close", 1), ("reopen", 1)], [(0, 1), (0, 1), (0, 1)], ["decide"]
)
@example(  # the closed one of two from the same fork's branch was told last
    [("open_fork", "eve"), ("close", 1), ("open_fork", "eve")], [(9, 1), (0, 0), (0, 1)], ["decide"]
)
@example(  # of a pull request that was closed only the push is known
    [("push", "feature"), ("open", "feature"), ("close", 1)], [(0, 1), (0, 0), (0, 0)], ["oldest first"]
)
def test_what_is_shown_does_not_depend_on_how_it_was_told(
    happenings: list[Happening], arrivals: list[tuple[int, int]], paces: list[str]
) -> None:
    _converges(happenings, arrivals, paces)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.django_db
@_MANY
@given(happenings=_HISTORIES, arrivals=_ARRIVALS, paces=_PACES)
def test_nor_does_it_in_many_more_histories(
    happenings: list[Happening], arrivals: list[tuple[int, int]], paces: list[str]
) -> None:
    _converges(happenings, arrivals, paces)
