"""Whose turn it is with a memory that only one program may open."""

from __future__ import annotations

from typing import Any

import pytest

from core.targets import Target
from deployments.models import Destination, Instance, Observed, Wanted
from deployments.nodes.turns import Turns
from projects.models import Project
from tests import factories

pytestmark = pytest.mark.django_db


class Node:
    """Turns with a clock of the test's own, over the rows as they are."""

    def __init__(self) -> None:
        self.now = 100.0
        self._turns = Turns(clock=lambda: self.now)

    def may_start(self, instance: Instance) -> bool:
        rows = {one.pk: one for one in Instance.objects.select_related("deployment__destination")}
        self._turns.see(rows.values())
        return self._turns.has_come(rows[instance.pk])


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
def project() -> Project:
    made = factories.project()
    factories.pushed(made)
    Destination.objects.filter(project=made).update(target=Target.CLOUDFLARE)
    return made


def instance(project: Project, observed: Observed, branch: str = "main", **values: Any) -> Instance:
    deployment = factories.ready(project, branch)
    Instance.objects.filter(deployment=deployment).update(**{"observed": observed, "starts": 1, **values})
    found: Instance = Instance.objects.get(deployment=deployment)
    return found


def wanted(one: Instance) -> str:
    return str(Instance.objects.values_list("wanted", flat=True).get(pk=one.pk))


def test_one_that_is_alone_starts_at_once(project: Project, node: Node) -> None:
    instance(project, Observed.ASLEEP, wanted=Wanted.ASLEEP)
    assert node.may_start(instance(project, Observed.NEW))


@pytest.mark.parametrize("there", [Observed.STARTING, Observed.RUNNING, Observed.STOPPING])
def test_nobody_starts_beside_another(project: Project, node: Node, there: Observed) -> None:
    instance(project, there)
    assert not node.may_start(instance(project, Observed.NEW))


def test_another_branch_has_the_memory_of_previews_and_other_targets_share_theirs(project: Project, node: Node) -> None:
    instance(project, Observed.RUNNING)
    assert node.may_start(instance(project, Observed.NEW, "feature"))
    Destination.objects.update(target=Target.NODEJS)
    assert node.may_start(instance(project, Observed.NEW))


def test_who_has_had_its_turn_gives_way_to_a_release(project: Project, node: Node) -> None:
    older, newer = instance(project, Observed.RUNNING), instance(project, Observed.NEW, starts=0)
    assert not node.may_start(newer)
    assert wanted(older) == Wanted.RUNNING, "it has only just come up"
    node.now += 1.5
    assert not node.may_start(newer)
    assert wanted(older) == Wanted.ASLEEP
    Instance.objects.filter(pk=older.pk).update(observed=Observed.ASLEEP)
    assert node.may_start(newer)


def test_production_stays_longer_when_an_old_version_is_asked_for(project: Project, node: Node) -> None:
    older = instance(project, Observed.ASLEEP)
    current = instance(project, Observed.RUNNING)
    assert not node.may_start(older)
    node.now += 1.5
    assert not node.may_start(older)
    assert wanted(current) == Wanted.RUNNING
    node.now += 5
    assert not node.may_start(older)
    assert wanted(current) == Wanted.ASLEEP


def test_who_waits_longest_is_next(project: Project, node: Node) -> None:
    holder = instance(project, Observed.STOPPING)
    first, second = instance(project, Observed.ASLEEP), instance(project, Observed.ASLEEP)
    assert not node.may_start(second)
    node.now += 1
    assert not node.may_start(first)
    Instance.objects.filter(pk=holder.pk).update(observed=Observed.ASLEEP, wanted=Wanted.ASLEEP)
    assert not node.may_start(first)
    assert node.may_start(second)
