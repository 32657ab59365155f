"""Leases, fences and routes under any order of events, on real rows.

Hypothesis pushes, takes, expires, reaps, finishes late, cancels, rolls back; after every step the promises are
checked against what the machine itself remembers: one accepted completion of each operation, fences that only grow,
ends that stay, and routes that a push moves only forward.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck
from hypothesis import settings as runs
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from builds import actions as build_actions
from builds import ending
from builds.models import Build, BuildStatus
from core.errors import PlatformError, UserError
from deployments import actions, deleting, pipeline, release, release_queue
from deployments.models import (
    DEPLOYMENT_STATES,
    Cause,
    Deployment,
    DeploymentStatus,
    Instance,
    Route,
    RouteChange,
    RouteKind,
)
from projects import operations, outbox
from projects.leases import Lease, LeaseLostError
from projects.models import Operation, OperationStatus, OutboxEvent
from projects.models.operations import OPERATION_STATES
from tests import factories

KINDS = (build_actions.KIND, release_queue.KIND)
BRANCHES = ("main", "main", "feature")
_PERSONS = (Cause.ROLLBACK, Cause.UNDO, Cause.PROMOTE)


class AnyOrder(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self._transaction = transaction.atomic()
        self._transaction.__enter__()
        self.project = factories.project()
        self.held: dict[int, Lease] = {}  # by operation
        self.stale: list[Lease] = []
        self.expired: set[int] = set()
        self.completed: dict[int, int] = {}  # operation → accepted completions
        self.fences: dict[int, int] = {}
        self.ends: dict[int, str] = {}  # operation → the end it reached
        self.ready: set[int] = set()
        self.changes = 0
        self.follows_pushes = True
        self.wanted: dict[int, Deployment | None] = {}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self._transaction.__exit__(None, None, None)

    @initialize(pushes=st.integers(0, 2))
    def some_are_live(self, pushes: int) -> None:
        for _ in range(pushes):
            self._push("main")
            self.everything_goes_well()

    @rule(data=st.data())
    def something_happens(self, data: st.DataObject) -> None:
        """One rule, and the choice in it: rules of their own would be left out of most runs, one or the other."""
        possible = [self.push, self.take, self.take, self.everything_goes_well]
        possible += [self.finish, self.finish, self.trouble] if self.held else []
        possible += [self.come_late] if self.stale else []
        possible += [self.reap, self.reap] if self.expired else []
        possible += [self.person] if Deployment.objects.filter(project=self.project).exists() else []
        event = data.draw(st.sampled_from(possible), label="event")
        event(data)

    # What arrives

    def push(self, data: st.DataObject) -> None:
        self._push(data.draw(st.sampled_from(BRANCHES)))

    def _push(self, branch: str) -> None:
        pipeline.handle_push(self.project, factories.push_event(branch))
        outbox.dispatch()

    # What workers do, on time or late

    def take(self, data: st.DataObject) -> None:
        any(self._take(kind) for kind in data.draw(st.permutations(KINDS)))

    def everything_goes_well(self, _data: st.DataObject | None = None) -> None:
        """What may be taken now is done at once."""
        for kind in KINDS:
            while lease := self._take(kind):
                self._complete(lease)

    def finish(self, data: st.DataObject) -> None:
        lease = _drawn(data, self.held.values())
        lease.remember(written=lease.fence)
        self._complete(lease)

    def come_late(self, data: st.DataObject) -> None:
        """Who held it once: nothing that they write counts, and nothing of it stays."""
        lease = _drawn(data, self.stale)
        before = _row(lease)
        with pytest.raises(LeaseLostError):
            lease.remember(written="late")
        with pytest.raises(LeaseLostError), lease.finishing():
            _finish_work(lease)
        kind = operations._KINDS[lease.operation.kind]
        operations._retry_or_fail(kind, lease, _AWAY)
        operations._end(kind, lease, operations.Ending(OperationStatus.FAILED, _AWAY.as_dict()))
        operations._requeue(lease)
        assert _row(lease) == before

    def trouble(self, data: st.DataObject) -> None:
        trouble = data.draw(st.sampled_from(["dies", "dies", "is stopped", "fails", "is refused"]))
        lease = _drawn(data, self.held.values())
        kind = operations._KINDS[lease.operation.kind]
        if trouble == "dies":
            Operation.objects.filter(pk=lease.operation.pk).update(lease_expires_at=_past())
            self.expired.add(lease.operation.pk)
            return
        if trouble == "is stopped":
            operations._requeue(lease)
        elif trouble == "fails":
            operations._retry_or_fail(kind, lease, _AWAY)
        else:
            operations._end(kind, lease, operations.Ending(OperationStatus.FAILED, _AWAY.as_dict()))
        self._let_go(lease)

    def reap(self, _data: st.DataObject) -> None:
        operations.reap()
        for lease in [self.held[operation] for operation in self.expired]:
            self._let_go(lease)

    # What people do

    def person(self, data: st.DataObject) -> None:
        """A refusal is a sentence, and changes nothing."""
        verb = data.draw(st.sampled_from(["roll back", "roll back", "undo", "promote", "redeploy", "cancel"]))
        one = _drawn(data, Deployment.objects.with_everything().filter(project=self.project).order_by("pk"))
        try:
            _VERBS[verb](one)
        except UserError as error:
            assert error.sentence
            return
        outbox.dispatch()
        self.project.refresh_from_db()
        self.follows_pushes = self.follows_pushes if verb in ("redeploy", "cancel") else verb != "roll back"
        if verb == "roll back":
            assert self._production().wanted == one
        if verb in ("roll back", "undo"):
            assert self.project.auto_assign == (verb == "undo")

    # What must hold, always

    @invariant()
    def one_completion_each_and_fences_that_only_grow(self) -> None:
        assert all(count == 1 for count in self.completed.values())
        for operation in Operation.objects.all():
            assert operation.fence >= self.fences.get(operation.pk, 0)
            self.fences[operation.pk] = operation.fence
            is_running = operation.status == OperationStatus.RUNNING
            assert is_running == (operation.pk in self.held)
            if operation.pk in self.ends:
                assert operation.status == self.ends[operation.pk], "an end was undone"
            elif OPERATION_STATES.is_terminal(operation.status):
                self.ends[operation.pk] = operation.status
                done = operation.status == OperationStatus.DONE
                assert done == (operation.pk in self.completed)

    @invariant()
    def what_was_ready_stays_ready(self) -> None:
        now = set(Deployment.objects.filter(status=DeploymentStatus.READY).values_list("pk", flat=True))
        assert self.ready <= now
        self.ready = now

    @invariant()
    def a_route_goes_forward_unless_a_person_says_otherwise(self) -> None:
        changes = RouteChange.objects.filter(pk__gt=self.changes).select_related("deployment__push", "route")
        for change in changes.order_by("pk"):
            before, after = self.wanted.get(change.route_id), change.deployment
            if change.cause == Cause.PUSH and change.route.kind == RouteKind.PRODUCTION:
                assert self.follows_pushes, "after a rollback new deployments wait"
            assert after is not None
            assert after.status == DeploymentStatus.READY, "a route points only at what is ready"
            if before is not None and change.cause not in _PERSONS:
                assert after.sequence >= before.sequence
            if change.route.kind == RouteKind.PRODUCTION:
                assert after.is_production
            self.wanted[change.route_id], self.changes = after, change.pk
        for route in Route.objects.all():
            assert route.wanted == self.wanted[route.pk]

    @invariant()
    def nothing_waits_unheard(self) -> None:
        assert not OutboxEvent.objects.filter(dispatched_at=None).exists()

    def _take(self, kind: str) -> Lease | None:
        Operation.objects.filter(status=OperationStatus.QUEUED).update(due_at=_past())
        lease = operations.take(kind)
        if lease is None:
            return None
        assert lease.operation.pk not in self.held, "somebody holds it"
        assert lease.fence > self.fences.get(lease.operation.pk, 0)
        self.held[lease.operation.pk] = lease
        _begin_work(lease)
        outbox.dispatch()
        return lease

    def _complete(self, lease: Lease) -> None:
        with lease.finishing():
            _finish_work(lease)
        self.completed[lease.operation.pk] = self.completed.get(lease.operation.pk, 0) + 1
        self._let_go(lease)

    def _let_go(self, lease: Lease) -> None:
        del self.held[lease.operation.pk]
        self.expired.discard(lease.operation.pk)
        self.stale.append(lease)
        outbox.dispatch()

    def _production(self) -> Route:
        route: Route = Route.objects.select_related("wanted").get(project=self.project, kind=RouteKind.PRODUCTION)
        return route


def _begin_work(lease: Lease) -> None:
    """As the two kinds of work begin."""
    subject = lease.subject_id
    with lease.transaction():
        if lease.operation.kind == build_actions.KIND:
            Build.objects.filter(pk=subject, status=BuildStatus.QUEUED).update(status=BuildStatus.RUNNING)
            outbox.record(lease.operation.team, ending.STARTED, build=subject)
            return
        DEPLOYMENT_STATES.move(Deployment.objects.filter(pk=subject), to=DeploymentStatus.DEPLOYING)
        if not Instance.objects.filter(deployment=subject).exists():
            factories.running(Deployment.objects.get(pk=subject))


def _finish_work(lease: Lease) -> None:
    """As they end, in the transaction that ends the operation."""
    if lease.operation.kind == build_actions.KIND:
        build = Build.objects.select_related("team", "stream", "project").get(pk=lease.subject_id)
        ending.end(build, BuildStatus.READY, bundle=factories.bundle(build.project))
    else:
        release._go_live(Deployment.objects.with_everything().get(pk=lease.subject_id))


def _row(lease: Lease) -> Any:
    return Operation.objects.values().get(pk=lease.operation.pk)


def _drawn(data: st.DataObject, of: Iterable[Any]) -> Any:
    found = list(of)
    return found[data.draw(st.integers(0, len(found) - 1))]


def _past() -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT now() - interval '1 s'")
        return cursor.fetchone()[0]


_AWAY = PlatformError("object_store_failed", "Away.", "")
_VERBS: Mapping[str, Callable[[Deployment], object]] = {
    "roll back": lambda one: actions.roll_back(one.project, one, actor=None),
    "undo": lambda one: actions.undo_rollback(one.project, actor=None),
    "promote": lambda one: actions.promote(one, actor=None),
    "redeploy": lambda one: actions.redeploy(one, actor=None),
    "cancel": lambda one: actions.cancel(one, actor=None),
    "delete": lambda one: deleting.delete(one, actor=None),
}


@pytest.mark.django_db
@pytest.mark.parametrize("examples", [8, pytest.param(60, marks=[pytest.mark.slow, pytest.mark.timeout(1_200)])])
def test_the_promises_hold_in_any_order(settings: Any, examples: int) -> None:
    settings.OPERATION_ATTEMPTS, settings.LEASE_SECONDS = 3, 3_600
    settings.BUILD_SLOTS = settings.TEAM_BUILD_SLOTS = 3
    run_state_machine_as_test(AnyOrder, settings=runs(_RUNS, max_examples=examples))  # type: ignore[no-untyped-call]


_RUNS = runs(
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
