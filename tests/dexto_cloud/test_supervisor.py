"""Children: started in order, started again when they crash, ended with their parent, stopped in the opposite order."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

import psutil
import pytest
from dexto_cloud.embedded.child import Child
from dexto_cloud.embedded.supervisor import Restarted, Supervisor

from bench.installation import until
from core.errors import PlatformError

WAITS = (
    "import pathlib, signal, sys; p = pathlib.Path(sys.argv[1]); signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))"
)
NOTES = f"{WAITS}; p.open('a').write(sys.argv[2] + '\\n'); signal.pause()"
GOODBYE = NOTES.replace("sys.exit(0)", "(p.open('a').write('-' + sys.argv[2] + '\\n'), sys.exit(0))")


@pytest.fixture
def heard() -> list[Restarted]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, heard: list[Restarted]) -> Iterator[Supervisor]:
    found = Supervisor(tmp_path, {"PATH": "/usr/bin:/bin"}, heard.append)
    yield found
    found.stop()


def child(folder: Path, name: str = "one", text: str = NOTES, **values: object) -> Child:
    notes = folder / "notes"
    ready: Callable[[], bool] = lambda: notes.exists() and name in notes.read_text()  # noqa: E731
    argv = (sys.executable, "-c", text, str(notes), name)
    return Child(name=name, argv=argv, ready=ready, **values)  # type: ignore[arg-type]


def test_a_child_is_waited_for(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(child(tmp_path))
    supervisor.wait_ready(["one"])
    assert psutil.pid_exists(supervisor.processes()["one"])


def test_a_child_that_ends_at_its_start_is_said_with_its_log(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(child(tmp_path, text="raise SystemExit('no room')"))
    with pytest.raises(PlatformError) as caught:
        supervisor.wait_ready(["one"])
    assert caught.value.code == "engine_failed"
    assert "exit code 1" in caught.value.sentence
    assert (tmp_path / "one.log").read_text().strip() == "no room"
    assert str(tmp_path / "one.log") in caught.value.next_step


def test_a_child_that_stays_silent_is_said(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(child(tmp_path, text=f"{WAITS}; signal.pause()", ready_seconds=0.3))
    with pytest.raises(PlatformError, match="was not ready"):
        supervisor.wait_ready(["one"])


def test_a_child_that_crashes_is_started_again(supervisor: Supervisor, tmp_path: Path, heard: list[Restarted]) -> None:
    supervisor.start(child(tmp_path))
    supervisor.wait_ready(["one"])
    before = supervisor.processes()["one"]
    stop = Event()
    # A child is told of its parent's death by the thread that forked it: this one must outlive the test's look.
    tending = Thread(target=supervisor.tend, args=(stop,))
    tending.start()
    psutil.Process(before).kill()
    until(lambda: heard, "the restart")
    assert heard == [Restarted("one", -signal.SIGKILL)]
    assert supervisor.processes()["one"] != before
    until(lambda: (tmp_path / "notes").read_text() == "one\none\n", "the second life")
    stop.set()
    tending.join()


def test_they_are_stopped_in_the_opposite_order(supervisor: Supervisor, tmp_path: Path) -> None:
    for name in ("first", "second"):
        supervisor.start(child(tmp_path, name, GOODBYE))
        supervisor.wait_ready([name])
    supervisor.stop()
    assert (tmp_path / "notes").read_text().split() == ["first", "second", "-second", "-first"]


def test_a_child_that_does_not_hear_is_ended(supervisor: Supervisor, tmp_path: Path) -> None:
    text = NOTES.replace("lambda *_: sys.exit(0)", "signal.SIG_IGN")
    supervisor.start(child(tmp_path, text=text, stop_seconds=0.2))
    supervisor.wait_ready(["one"])
    pid = supervisor.processes()["one"]
    supervisor.stop()
    assert not psutil.pid_exists(pid)


def test_a_killed_parent_leaves_nobody(tmp_path: Path) -> None:
    program = f"""
import sys
from pathlib import Path
from dexto_cloud.embedded.child import Child
from dexto_cloud.embedded.supervisor import Supervisor
supervisor = Supervisor(Path({str(tmp_path)!r}), {{}})
supervisor.start(Child("one", (sys.executable, "-c", {NOTES!r}, {str(tmp_path / "notes")!r}, "one"), lambda: True))
print(supervisor.processes()["one"], flush=True)
sys.stdin.read()
"""
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        orphan = psutil.Process(int(parent.stdout.readline()))
        until(lambda: (tmp_path / "notes").exists(), "the child's start")
        parent.kill()
    until(lambda: not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE, "the child's end")
