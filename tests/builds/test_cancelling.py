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
MARK = "318.271"
#: Parent, child and grandchild, of which the last ignores every polite request.
TREE = (
    "import signal, subprocess, sys\n"
    "inner = 'import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(318.271)'\n"
    "subprocess.run(['sh', '-c', f'\"{sys.executable}\" -c \"{inner}\" & sleep 318.271; wait'])\n"
)


def carry_out(lease: Lease) -> None:
    run_command(Command([sys.executable, "-c", TREE], 60), check=lease.check)


operations.register(operations.Kind(KIND, run=f"{__name__}.carry_out"))


def tree() -> list[psutil.Process]:
    return [one for one in psutil.process_iter(["cmdline"]) if MARK in " ".join(one.info["cmdline"] or ())]


def test_cancel_ends_the_whole_tree_within_two_seconds_and_then_says_so() -> None:
    operation = operations.enqueue(factories.team(), KIND, 1, "tree")

    def work() -> None:
        operations.work(KIND)
        connections.close_all()

    worker = Thread(target=work)
    worker.start()
    until(lambda: len(tree()) >= 4, "the whole tree")
    began = time.monotonic()
    operations.cancel(KIND, 1)
    until(lambda: not tree(), "its end")
    took = time.monotonic() - began
    worker.join(10)
    assert Operation.objects.get(pk=operation.pk).status == OperationStatus.CANCELLED
    assert took <= 2, f"{took:.2f} s"
