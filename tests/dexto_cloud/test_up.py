"""`dexto-cloud up` where it cannot: one clear sentence with the next step, and nothing left behind."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.installation import PROGRAM, Installation, temporary_folder


@pytest.fixture
def data() -> Iterator[Path]:
    folder = temporary_folder()
    yield folder / "data"
    shutil.rmtree(folder, ignore_errors=True)


def refused(data: Path, *options: str, **environment: str) -> list[str]:
    """What it says; it ends by itself."""
    done = subprocess.run(
        [str(PROGRAM), "up", "--data", str(data), *options],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode in (1, 3)
    assert "Traceback" not in done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 2, done.stderr
    return lines


def test_a_port_that_is_taken(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        sentence, next_step = refused(data, "--port", str(port))
    assert sentence == f"Port {port} is taken by another program. [port_taken]"
    assert "--port" in next_step
    assert not (data / "postgres").exists()


@pytest.mark.parametrize("version", ["2", "999", "unreadable", ""])
def test_a_data_directory_of_a_newer_version_is_left_as_it_is(data: Path, version: str) -> None:
    data.mkdir()
    (data / "layout-version").write_text(f"{version}\n")
    sentence, next_step = refused(data, "--port", "0")
    assert "[data_directory_newer]" in sentence
    assert str(data) in sentence
    assert "DEXTO_DATA_DIR" in next_step
    assert {path.name for path in data.iterdir()} == {"layout-version", "lock"}


def test_no_disk_left(data: Path) -> None:
    sentence, next_step = refused(data, "--port", "0", DEXTO_MIN_FREE_DISK_BYTES=str(1 << 60))
    assert "[disk_full]" in sentence
    assert "Free some space" in next_step
    assert not (data / "postgres").exists()


def test_a_directory_that_is_in_use(installed: Installation) -> None:
    sentence, next_step = refused(installed.data, "--port", "0")
    assert "[already_running]" in sentence
    assert str(installed.data) in sentence
    assert "stop it" in next_step
    assert installed.ask(installed.url, "/healthz").status == 200
