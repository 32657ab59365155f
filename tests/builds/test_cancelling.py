"""From the click on Cancel to the end of the last process that the work had started: two seconds."""

from __future__ import annotations

import sys
import time
from threading import Thread

import psutil
import pytest
from django.db import connections

from bench.installation import until
from builds.runner.commands import Command
from builds.runner.commands import run as run_command
from projects import operations
from projects.leases import Lease
from projects.models import Operation, OperationStatus
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

KIND = "test-tree"
OTHER = "test-other-tree"
MARK, OTHER_MARK = "318.271", "318.272"
#: Parent, child and grandchild, of which the last ignores every polite request.
TREE = (
    "import signal, subprocess, sys\n"
    "inner = 'import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(318.271)'\n"
    "subprocess.run(['sh', '-c', f'\"{sys.executable}\" -c \"{inner}\" & sleep 318.271; wait'])\n"
)


def carry_out(lease: Lease) -> None:
    run_command(Command([sys.executable, "-c", TREE], 60), check=lease.check)


operations.register(operations.Kind(KIND, run=f"{__name__}.carry_out"))


def tree(mark: str = MARK) -> list[psutil.Process]:
    return [one for one in psutil.process_iter(["cmdline"]) if mark in " ".join(one.info["cmdline"] or ())]


def work(kind: str) -> None:
    operations.work(kind)
    connections.close_all()


def sleep(lease: Lease) -> None:
    """Another build on this machine, whose program is called just like the cancelled one's."""
    run_command(Command([sys.executable, "-c", TREE.replace(MARK, OTHER_MARK)], 60), check=lease.check)


operations.register(operations.Kind(OTHER, run=f"{__name__}.sleep"))


def test_cancel_leaves_the_other_builds_of_the_machine_alone() -> None:
    team = factories.team()
    rows = {kind: operations.enqueue(team, kind, 1, kind) for kind in (KIND, OTHER)}
    workers = [Thread(target=work, args=(kind,)) for kind in rows]
    for worker in workers:
        worker.start()
    until(lambda: len(tree()) >= 4 and len(tree(OTHER_MARK)) >= 4, "both trees")
    operations.cancel(KIND, 1)
    until(lambda: not tree(), "the end of one")
    workers[0].join(10)
    rows[OTHER].refresh_from_db()
    assert (rows[OTHER].status, len(tree(OTHER_MARK))) == (OperationStatus.RUNNING, 4)
    operations.cancel(OTHER, 1)
    workers[1].join(10)
    assert not tree(OTHER_MARK)


def test_cancel_ends_the_whole_tree_within_two_seconds_and_then_says_so() -> None:
    operation = operations.enqueue(factories.team(), KIND, 1, "tree")
    worker = Thread(target=work, args=(KIND,))
    worker.start()
    until(lambda: len(tree()) >= 4, "the whole tree")
    began = time.monotonic()
    operations.cancel(KIND, 1)
    until(lambda: not tree(), "its end")
    took = time.monotonic() - began
    worker.join(10)
    assert Operation.objects.get(pk=operation.pk).status == OperationStatus.CANCELLED
    assert took <= 2, f"{took:.2f} s"
