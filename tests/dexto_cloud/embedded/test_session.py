"""`dexto-cloud up` from a terminal: what it says when it cannot start, and how it stops."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from dexto_cloud.embedded.data_directory import LAYOUT

from bench.installation import PROGRAM, Installation, start, temporary_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    made = temporary_folder()
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    made = temporary_folder()
    found = start(made / "data")
    yield found
    if found.process.poll() is None:
        found.stop()
    shutil.rmtree(made, ignore_errors=True)


def refused(*options: str) -> str:
    """What `up` says when it does not start for a reason that the person can mend: one sentence, one next step."""
    done = subprocess.run([PROGRAM, "up", *options], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1, done
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 2
    return done.stderr


def test_a_data_directory_of_a_newer_version_is_left_alone(folder: Path) -> None:
    (folder / "layout-version").write_text(f"{LAYOUT + 1}\n")
    said = refused("--data", str(folder))
    assert "was written by a newer version" in said
    assert "Start the newer version" in said
    assert sorted(path.name for path in folder.iterdir()) == ["layout-version", "lock"]


def test_a_file_in_the_place_of_the_data_directory_is_a_sentence(folder: Path) -> None:
    (folder / "file").touch()
    assert "cannot be used: File exists. [data_directory_unusable]" in refused("--data", str(folder / "file"))


def test_a_second_start_with_the_same_data_directory_is_refused(installation: Installation) -> None:
    said = refused("--data", str(installation.data), "--port", "0")
    assert f"Another Dexto Cloud uses {installation.data}. [already_running]" in said


def test_a_port_that_is_taken_is_named_with_the_next_one_to_try(installation: Installation, folder: Path) -> None:
    said = refused("--data", str(folder), "--port", str(installation.port))
    assert f"Port {installation.port} is taken by another program. [port_taken]" in said
    assert f"--port {installation.port + 1}" in said


def test_ctrl_c_while_it_starts_stops_what_runs_by_then(folder: Path) -> None:
    argv = [PROGRAM, "up", "--data", folder, "--port", "0"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as up:
        assert up.stdout is not None
        next(line for line in up.stdout if "valkey is ready" in line)
        up.send_signal(signal.SIGINT)
        said = up.stdout.read()
        assert up.wait(60) == 130
    assert "Traceback" not in said
    assert said.endswith("Stopping…\n")
    assert not _left_of(folder)


def test_an_impatient_second_ctrl_c_changes_nothing(folder: Path) -> None:
    found = start(folder / "data")
    pids = [process.pid for process in found.processes()]
    found.process.send_signal(signal.SIGINT)
    found.process.send_signal(signal.SIGINT)
    assert found.process.wait(60) == 0
    assert not [pid for pid in pids if psutil.pid_exists(pid)]
    assert "Traceback" not in (folder / "data.out").read_text()
    assert not _left_of(folder)


def _left_of(folder: Path) -> list[str]:
    """Processes that were started for a data directory, and are still there."""
    commands = [" ".join(one.info["cmdline"] or ()) for one in psutil.process_iter(["cmdline"])]
    return [one for one in commands if str(folder) in one]
