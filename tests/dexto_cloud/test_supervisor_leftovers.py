"""The supervisor: what a crashed child leaves behind ends with it, and it is started again."""

from __future__ import annotations

import os
import signal
import socket
import sys
from pathlib import Path
from threading import Event, Thread

import psutil
import pytest
from dexto_cloud.embedded.child import Child, accepts
from dexto_cloud.embedded.supervisor import Restarted, Supervisor

_SCRIPT = 'sleep 1000 & echo "$!" > "$NOTE.new"; mv "$NOTE.new" "$NOTE"; wait'
_LISTEN = "import socket, sys, time; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); time.sleep(60)"


def test_what_a_killed_child_left_behind_ends_before_it_is_started_again(tmp_path: Path) -> None:
    note = tmp_path / "helper"
    restarted = Event()
    supervisor = Supervisor(tmp_path, dict(os.environ), lambda event: _note(event, restarted))
    supervisor.start(Child("parent", ("sh", "-c", _SCRIPT), ready=note.exists, environment={"NOTE": str(note)}))
    supervisor.wait_ready(["parent"])
    helper = psutil.Process(int(note.read_text()))
    os.kill(supervisor.processes()["parent"], signal.SIGKILL)
    stop = Event()
    Thread(target=lambda: (restarted.wait(10), stop.set())).start()
    supervisor.tend(stop)
    supervisor.stop()
    assert restarted.is_set()
    with pytest.raises(psutil.NoSuchProcess):
        helper.wait(10)
        psutil.Process(helper.pid)


def test_a_socket_that_a_killed_child_left_is_removed_before_a_start(tmp_path: Path) -> None:
    path = tmp_path / "left.sock"
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(path))
    supervisor = Supervisor(tmp_path, dict(os.environ))
    argv = (sys.executable, "-c", _LISTEN, str(path))
    supervisor.start(Child("listener", argv, ready=lambda: accepts(str(path)), socket=path))
    supervisor.wait_ready(["listener"])  # raises where it could not listen
    supervisor.stop()


def _note(event: Restarted, restarted: Event) -> None:
    assert event.exit_code == -signal.SIGKILL
    restarted.set()
