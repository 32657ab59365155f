"""A hostile repository takes more than its share. Each offender is ended, and the outcome names the limit."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from builds.sandbox import cgroups
from builds.sandbox.contract import Limits, Outcome, Sandbox
from core.errors import CancelledError, TimeLimitError
from tests.builds.sandbox.conftest import MEGABYTE, SMALL, Attack, bubblewrap, specification

MEMORY_BOMB = """
held = []
while True:
    held.append(bytearray(b"x" * 4_000_000))
"""
PARTS_OF_A_MEMORY_BOMB = """
import os, time
for _ in range(8):
    if os.fork() == 0:
        held = bytearray(b"x" * 60_000_000)
        time.sleep(60)
time.sleep(60)
"""


def code(outcome: Outcome) -> str:
    assert outcome.exceeded is not None, (outcome, outcome.last_lines)
    return outcome.exceeded.code


def test_a_fork_bomb_is_ended(attack: Attack) -> None:
    done = attack(
        """
        import os
        while True:
            try:
                os.fork()
            except OSError:
                pass
        """
    )
    assert code(done) == "limit_processes"
    assert "64" in str(done.exceeded)


def test_a_bomb_of_threads_is_ended(attack: Attack) -> None:
    done = attack(
        """
        import threading, time
        while True:
            try:
                threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
            except RuntimeError:
                pass
        """
    )
    assert code(done) == "limit_processes"


@pytest.mark.parametrize("script", [MEMORY_BOMB, PARTS_OF_A_MEMORY_BOMB], ids=["one process", "eight together"])
def test_a_memory_bomb_is_ended_by_watching(base: Path, folder: Path, script: str) -> None:
    done = bubblewrap(base, None).run(specification(folder, script), check=lambda: None)
    assert code(done) == "limit_memory"


@pytest.mark.parametrize("script", [MEMORY_BOMB, PARTS_OF_A_MEMORY_BOMB], ids=["one process", "eight together"])
def test_a_memory_bomb_is_ended_by_the_kernel_where_groups_can_be_made(base: Path, folder: Path, script: str) -> None:
    groups = cgroups.find()
    if groups is None:
        pytest.skip("no control group can be made here: memory is watched")
    done = bubblewrap(base, groups).run(specification(folder, script), check=lambda: None)
    assert code(done) == "limit_memory"
    assert not list(groups.parent.glob(f"dexto-{os.getpid()}-*"))


@pytest.mark.parametrize("place", ["/tmp", "/dev/shm"])  # noqa: S108  # its own
def test_memory_cannot_be_filled_through_files(attack: Attack, place: str) -> None:
    done = attack(
        """
        import sys
        try:
            for number in range(100):
                open(f"{sys.argv[1]}/{number}", "wb").write(b"x" * 1_000_000)
        except OSError as error:
            print("full", number, error.errno)
        """,
        place,
    )
    assert done.output.split()[0] == b"full"
    assert int(done.output.split()[1]) <= 9


def test_memory_that_belongs_to_no_process_cannot_be_had(attack: Attack) -> None:
    done = attack(
        """
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        print(libc.shmget(0, 1 << 30, 0o1600))
        try:
            os.memfd_create("held")
        except OSError as error:
            print("refused", error.errno)
        """
    )
    assert done.output.split() == [b"-1", b"refused", b"1"]


def test_a_spinner_is_ended_by_its_processor_time(attack: Attack) -> None:
    done = attack("while True: pass", limits=replace(SMALL, cpu_seconds=1))
    assert code(done) == "limit_cpu"


def test_processor_time_is_added_up_over_short_lived_processes(attack: Attack) -> None:
    done = attack(
        """
        import os, time
        while True:
            if os.fork() == 0:
                end = time.process_time() + 0.1
                while time.process_time() < end: pass
                os._exit(0)
            os.wait()
        """,
        limits=replace(SMALL, cpu_seconds=1),
    )
    assert code(done) == "limit_cpu"


def test_who_sleeps_is_ended_by_the_clock(attack: Attack) -> None:
    began = time.monotonic()
    done = attack("import time; time.sleep(60)", limits=replace(SMALL, seconds=0.5))
    assert code(done) == "limit_time"
    assert isinstance(done.exceeded, TimeLimitError)
    assert time.monotonic() - began < 5


def test_a_disk_filler_is_ended(attack: Attack) -> None:
    done = attack(
        """
        for number in range(10_000):
            open(f"file-{number}", "wb").write(b"x" * 1_000_000)
        """
    )
    assert code(done) == "limit_disk"


def test_a_disk_filler_that_deletes_what_it_holds_open_is_ended(attack: Attack) -> None:
    done = attack(
        """
        import os
        held = []
        for number in range(200):
            held.append(open(f"file-{number}", "wb", buffering=0))
            os.unlink(f"file-{number}")
            held[-1].write(b"x" * 1_000_000)
        import time; time.sleep(60)
        """
    )
    assert code(done) == "limit_disk"


def test_many_empty_files_fill_a_disk_too(attack: Attack) -> None:
    done = attack("for number in range(1_000_000): open(f'file-{number}', 'w').close()")
    assert code(done) == "limit_disk"


def test_a_huge_file_is_ended(attack: Attack) -> None:
    done = attack(
        """
        import signal
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        with open("file", "wb") as file:
            while True:
                file.write(b"x" * 1_000_000)
        """
    )
    assert code(done) == "limit_file_size"


def test_a_huge_file_is_named_although_the_writer_looks_away(attack: Attack) -> None:
    done = attack(
        """
        try:
            with open("file", "wb") as file:
                while True:
                    file.write(b"x" * 1_000_000)
        except OSError:
            pass
        """
    )
    assert code(done) == "limit_file_size"


def test_who_holds_all_files_open_is_ended(attack: Attack) -> None:
    done = attack(
        """
        import time
        held = []
        try:
            while True:
                held.append(open("/dev/null"))
        except OSError:
            time.sleep(60)
        """
    )
    assert code(done) == "limit_open_files"


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_endless_output_is_ended_and_not_kept(attack: Attack, stream: str) -> None:
    done = attack(
        """
        import sys
        while True:
            getattr(sys, sys.argv[1]).write("x" * 100_000)
        """,
        stream,
        limits=replace(SMALL, output_bytes=MEGABYTE),
    )
    assert code(done) == "limit_output"
    assert len(done.output) <= MEGABYTE


def test_limits_cannot_be_raised_again(attack: Attack) -> None:
    done = attack(
        """
        import resource
        for name in ("NPROC", "NOFILE", "FSIZE", "CPU", "CORE"):
            try:
                resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (1 << 40, 1 << 40))
                print("reached", name)
            except (ValueError, OSError):
                print("refused", name)
        """
    )
    assert done.output.count(b"refused") == 5


def test_an_honest_program_is_left_alone(attack: Attack) -> None:
    done = attack(
        """
        import subprocess
        held = bytearray(50_000_000)
        open("out.txt", "wb").write(bytes(5_000_000))
        print(subprocess.run(["sh", "-c", "echo said"], capture_output=True).stdout)
        """
    )
    assert done.ok
    assert b"said" in done.output
    assert done.usage.processes >= 1


def test_a_cancelled_build_is_gone_within_two_seconds(sandbox: Sandbox, folder: Path) -> None:
    asked = []

    def check() -> None:
        asked.append(time.monotonic())
        if (folder / "started").exists():
            raise CancelledError("cancelled", "Stop.")

    script = """
        import os, time
        for _ in range(10):
            if os.fork() == 0:
                os.setsid()
                time.sleep(60)
        open("started", "w").close()
        time.sleep(60)
        """
    with pytest.raises(CancelledError):
        sandbox.run(specification(folder, script, limits=Limits()), check=check)
    assert time.monotonic() - asked[-1] < 2
