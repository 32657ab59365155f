"""A container engine as the sandbox, really run: opt-in, since few machines have one."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

from builds.node_program import node_program
from builds.sandbox.backend import Machine
from builds.sandbox.container import Container, find
from builds.sandbox.contract import Limits, Network, Outcome, Specification
from builds.sandbox.egress_rules import EgressRules, places
from builds.sandbox.network import Registries
from tests.builds.sandbox.conftest import INTERPRETER, MEGABYTE, PYTHON, SMALL

IMAGE = "localhost/dexto-sandbox-test"
PROGRAMS = ("sh", "cat", "sleep", "true", "id", "touch")


def _engine() -> str:
    """The program of an engine that answers; "" where there is none."""
    for name in ("podman", "docker"):
        program = shutil.which(name)
        if program and subprocess.run([program, "info"], capture_output=True, check=False).returncode == 0:
            return program
    return ""


ENGINE = _engine()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not ENGINE, reason="no container engine answers here (apt-get install podman crun)"),
]


@pytest.fixture(scope="module")
def image() -> Iterator[str]:
    """A few of this machine's own programs: no registry of images can be reached from everywhere."""
    subprocess.run([ENGINE, "import", "-", IMAGE], input=_archive(), capture_output=True, check=True)
    yield IMAGE
    subprocess.run([ENGINE, "rmi", "--force", IMAGE], capture_output=True, check=True)


def _archive() -> bytes:
    found = [Path(shutil.which(name) or name) for name in PROGRAMS]
    links = {"bin": "usr/bin", "lib": "usr/lib", "lib64": "usr/lib64", "sbin": "usr/sbin"}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for folder in ("usr/bin", "usr/lib", "usr/lib64", "usr/sbin", "tmp", "proc", "sys", "dev", "etc", "run"):
            _add_folder(archive, folder)
        for name, target in links.items():
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, target
            archive.addfile(link)
        for path in sorted({*found, *_libraries((*found, node_program(), PYTHON))}):
            archive.add(path.resolve(), _below_usr(path), recursive=False)
    return packed.getvalue()


def _add_folder(archive: tarfile.TarFile, name: str) -> None:
    folder = tarfile.TarInfo(name)
    folder.type, folder.mode = tarfile.DIRTYPE, 0o755
    archive.addfile(folder)


def _below_usr(path: Path) -> str:
    text = str(path).lstrip("/")
    return text if text.startswith("usr/") else f"usr/{text}"


def _libraries(programs: Iterable[Path]) -> set[Path]:
    said = [subprocess.run(["ldd", str(one)], capture_output=True, text=True, check=False).stdout for one in programs]
    found = {Path(path) for text in said for path in re.findall(r"(/\S+\.so\S*)", text)}
    return {
        path for path in found if path.is_relative_to("/lib") or path.is_relative_to("/lib64") or "usr" in str(path)
    }


@pytest.fixture
def container(image: str, base: Path) -> Container:
    registries = Registries(EgressRules(places(["registry.npmjs.org"])), node_program())
    found = find(Machine(base / "sandbox", None, registries, ENGINE, image))
    assert isinstance(found.sandbox, Container), f"{found.reason} {found.next_step}"
    return found.sandbox


def run(container: Container, folder: Path, *argv: str, limits: Limits = SMALL, **more: object) -> Outcome:
    specification = Specification(argv, folder, limits, **{"readable": INTERPRETER, **more})  # type: ignore[arg-type]
    return container.run(specification, check=lambda: None)


def script(container: Container, folder: Path, text: str, **more: object) -> Outcome:
    return run(container, folder, str(PYTHON), "-c", text, **more)


def names_left() -> str:
    listed = subprocess.run(
        [ENGINE, "ps", "--all", "--format", "{{.Names}}"], capture_output=True, text=True, check=True
    )
    return " ".join(name for name in listed.stdout.split() if name.startswith("dexto-"))


def test_a_program_runs_with_its_environment_and_writes_only_where_it_may(container: Container, folder: Path) -> None:
    told = {"GREETING": "hello = there", "EMPTY": ""}
    outcome = run(container, folder, "sh", "-c", 'echo "$GREETING" > made; cat made; touch /usr/x', environment=told)
    assert outcome.output == b"hello = there\n", outcome
    assert outcome.exit_code != 0, "the system is read-only"
    assert "Read-only" in " ".join(outcome.last_lines)
    assert (folder / "made").read_text() == "hello = there\n"
    assert names_left() == ""


def test_it_is_nobody_with_no_capability(container: Container, folder: Path) -> None:
    outcome = run(container, folder, "cat", "/proc/self/status")
    status = dict(line.split(":", 1) for line in outcome.output.decode().splitlines())
    assert status["CapEff"].strip().strip("0") == ""
    assert status["NoNewPrivs"].strip() == "1"
    assert status["Uid"].split()[0] != "0"


def test_input_comes_in_and_an_exit_code_out(container: Container, folder: Path) -> None:
    assert run(container, folder, "cat", stdin=b"said").output == b"said"
    assert run(container, folder, "sh", "-c", "exit 7").exit_code == 7


def test_it_has_no_network(container: Container, folder: Path) -> None:
    asks = "import socket; socket.create_connection(('127.0.0.1', 22), 2)"
    assert script(container, folder, asks).exit_code != 0
    lists = "import os; print(os.listdir('/sys/class/net'))"
    assert script(container, folder, lists).output.decode().strip() in ("['lo']", "")


def test_of_the_network_it_reaches_the_registries_alone(container: Container, folder: Path) -> None:
    asks = "fetch('https://evil.example/').catch((error) => process.exit(error ? 9 : 0))"
    outcome = run(container, folder, str(node_program()), "-e", asks, network=Network.REGISTRIES)
    assert outcome.exit_code == 9, outcome
    assert any("evil.example:443 is not among the hosts" in line for line in outcome.last_lines)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("kept = bytearray(600_000_000); print(len(kept))", "memory"),
        ("import time; time.sleep(60)", "time"),
        ("import os\nwhile True: os.write(1, b'x' * 65536)", "output"),
        ("for n in range(40): open(f'f{n}', 'wb').write(b'x' * 2_000_000)\nimport time; time.sleep(30)", "disk"),
    ],
)
def test_a_limit_ends_it_and_is_named(container: Container, folder: Path, text: str, code: str) -> None:
    limits = replace(SMALL, seconds=6, output_bytes=MEGABYTE)
    outcome = script(container, folder, text, limits=limits)
    assert outcome.exceeded is not None
    assert code in f"{outcome.exceeded.code} {outcome.exceeded.sentence}".lower()
    assert names_left() == ""


def test_it_cannot_start_processes_without_end(container: Container, folder: Path) -> None:
    forks = """
        import os, time
        started = 0
        try:
            while started < 500:
                if os.fork() == 0:
                    time.sleep(5)
                    os._exit(0)
                started += 1
        except OSError:
            print(started)
    """
    outcome = script(container, folder, dedent(forks))
    assert 0 < int(outcome.output) <= SMALL.processes


def test_a_cancel_ends_it_within_two_seconds(container: Container, folder: Path) -> None:
    asked: list[float] = []

    def check() -> None:
        if (folder / "started").exists():
            asked.append(time.monotonic())
            raise InterruptedError

    argv = ("sh", "-c", "touch started; sleep 60 & sleep 60")
    with pytest.raises(InterruptedError):
        container.run(Specification(argv, folder, SMALL), check=check)
    assert time.monotonic() - asked[0] < 2.0
    assert names_left() == ""


def test_a_secret_is_in_no_argument(container: Container, folder: Path) -> None:
    seen: list[str] = []

    def look() -> None:
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                seen.append(path.read_bytes().decode(errors="replace"))
            except OSError:
                continue

    specification = Specification(("sleep", "1"), folder, SMALL, environment={"TOKEN": "hidden-hidden"})
    assert container.run(specification, check=look).ok
    assert any(IMAGE in line for line in seen), "the engine was looked at"
    assert not any("hidden-hidden" in line for line in seen)


def test_nothing_of_the_host_is_in_sight(container: Container, folder: Path) -> None:
    with tempfile.NamedTemporaryFile() as private:
        private.write(b"ours")
        private.flush()
        outcome = run(container, folder, "cat", private.name, "/etc/shadow", "/root/.bashrc")
    assert outcome.exit_code != 0
    assert outcome.output == b""


def test_an_engine_that_cannot_start_anything_is_not_taken(container: Container, base: Path) -> None:
    found = find(Machine(base / "sandbox", None, None, ENGINE, "localhost/there-is-no-such-image"))
    assert found.sandbox is None
    assert "runs nothing here" in found.reason
