"""The timeline of a build: steps as rows, under the fence."""

from __future__ import annotations

import pytest

from builds import logs
from builds.models import LogStream, Step
from builds.recorder import Recorder
from core.errors import CancelledError, ProjectError
from projects import operations
from projects.leases import Lease, LeaseLostError
from projects.models import Operation
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stream() -> LogStream:
    return logs.open_stream(factories.team())


@pytest.fixture
def lease(stream: LogStream) -> Lease:
    operations.enqueue(stream.team, "build", 1, f"recorder:{stream.pk}")
    taken = operations.take("build")
    assert taken is not None
    return taken


def timeline(stream: LogStream) -> list[tuple[str, str]]:
    return list(Step.objects.filter(stream=stream).values_list("name", "outcome"))


def test_steps_and_the_lines_in_them(stream: LogStream, lease: Lease) -> None:
    recorder = Recorder(stream, lease)
    with recorder.step("fetch"):
        recorder.line("one")
    with recorder.step("check"):
        recorder.line("two")
        assert timeline(stream) == [("fetch", "done"), ("check", "")]
    recorder.flush()
    assert [(line.step, line.text) for line in logs.read(stream.pk).lines] == [("fetch", "one"), ("check", "two")]
    assert all(step.finished_at >= step.started_at for step in Step.objects.all())


def test_a_step_that_raises_has_failed(stream: LogStream, lease: Lease) -> None:
    recorder = Recorder(stream, lease)
    with pytest.raises(ProjectError), recorder.step("check"):
        raise ProjectError("no_agent", "None.", "")
    assert timeline(stream) == [("check", "failed")]


def test_a_new_attempt_starts_the_timeline_anew(stream: LogStream, lease: Lease) -> None:
    for name in ("first", "second"):
        recorder = Recorder(stream, lease)
        with recorder.step(name):
            recorder.line(name)
        recorder.flush()
    assert timeline(stream) == [("second", "done")]
    assert [line.text for line in logs.read(stream.pk).lines] == ["first", "second"]


def test_a_lease_that_is_lost_within_a_step_ends_no_step(stream: LogStream, lease: Lease) -> None:
    with pytest.raises(LeaseLostError), Recorder(stream, lease).step("held"):
        Operation.objects.update(fence=lease.fence + 1)
    assert timeline(stream) == [("held", "")]


def test_a_lost_lease_leaves_what_the_next_worker_wrote(stream: LogStream, lease: Lease) -> None:
    recorder = Recorder(stream, lease)
    Operation.objects.update(fence=lease.fence + 1)
    Step.objects.create(team=stream.team, stream=stream, position=0, name="the next worker's")
    with pytest.raises(LeaseLostError), recorder.step("mine"):
        pytest.fail("the block must not run")
    assert timeline(stream) == [("the next worker's", "")]


def test_a_cancelled_build_starts_no_step(stream: LogStream, lease: Lease) -> None:
    lease.cancelled = True
    lease.stopped.set()
    with pytest.raises(CancelledError), Recorder(stream, lease).step("fetch"):
        pytest.fail("the block must not run")
    assert timeline(stream) == []
