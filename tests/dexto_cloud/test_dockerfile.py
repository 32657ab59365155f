"""The Dockerfile without Docker: what it copies exists, and what its first stage runs makes a working folder.

No image is built, for there is no Docker engine where these tests run. Not proved: the base image, what the second
stage installs from Debian, and that files belong to the user who runs.
"""

from __future__ import annotations

import fnmatch
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.dexto_cloud.compose import ROOT


@dataclass(frozen=True, slots=True)
class Instruction:
    stage: int
    word: str
    text: str


def instructions() -> list[Instruction]:
    found, stage = [], -1
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.lstrip().startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        word, _, text = line.strip().partition(" ")
        stage += word == "FROM"
        if word:
            found.append(Instruction(stage, word, text))
    return found


def context() -> list[str]:
    """The repository's files that a build would see."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    ignored = [line for line in (ROOT / ".dockerignore").read_text().split() if not line.startswith("#")]
    return [path for path in listed.stdout.splitlines() if not any(_matches(path, one) for one in ignored)]


def _matches(path: str, pattern: str) -> bool:
    """Of Docker's rules those that the file uses: a name at the root, or `**/name` anywhere."""
    parts = path.split("/")
    if pattern.startswith("**/"):
        return any(fnmatch.fnmatch(part, pattern[3:]) for part in parts)
    return fnmatch.fnmatch(parts[0], pattern)


def test_everything_that_is_copied_is_there() -> None:
    files = context()
    for one in instructions():
        if one.word == "COPY" and not one.text.startswith("--from"):
            for source in one.text.split()[:-1]:
                assert source == "." or any(path == source or path.startswith(f"{source}/") for path in files), source


def test_the_image_has_what_runs_and_nothing_of_this_machine_s() -> None:
    files = set(context())
    wanted = {"manage.py", "pyproject.toml", "README.md", "requirements/base.txt", "runtime/package-lock.json"}
    assert wanted | {"docs/cli.md"} <= files
    assert not [path for path in files if path.startswith(("tests/", "bench/", ".env"))]
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".git", ".env*", ".venv", ".data"} <= set(ignored)


def test_it_runs_as_an_ordinary_user_with_no_secret_in_the_image() -> None:
    last = [one for one in instructions() if one.stage == 1]
    assert [one.text for one in last if one.word == "USER"] == ["dexto"]
    kept = " ".join(one.text for one in last if one.word in ("ENV", "ARG"))
    assert not [word for word in ("SECRET", "KEY", "PASSWORD", "TOKEN") if word in kept]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_what_the_first_stage_runs_makes_a_working_folder(tmp_path: Path) -> None:
    ours = ("DEXTO_", "S3_", "DJANGO_", "PYTHON", "DATABASE_URL", "REDIS_URL", "SECRET_KEY")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    environment["PATH"] = f"{_python_folder()}{os.pathsep}{os.environ['PATH']}"
    for one in instructions():
        if one.stage == 0 and one.word == "COPY":
            _copy(one.text, tmp_path)
        if one.stage == 0 and one.word == "RUN":
            subprocess.run(["sh", "-ec", one.text], cwd=tmp_path, env=environment, check=True)
    assert (tmp_path / "static-collected" / "staticfiles.json").exists()
    helped = subprocess.run([".venv/bin/dexto-cloud", "--help"], cwd=tmp_path, capture_output=True, check=True)
    assert b"edge" in helped.stdout
    assert list((tmp_path / "runtime/node_modules/@esbuild").glob("*/bin/esbuild"))


def _copy(text: str, target: Path) -> None:
    *sources, to = text.split()
    for path in context():
        if "." in sources or path in sources or any(path.startswith(f"{source}/") for source in sources):
            there = target / path
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, there)
    assert (target / to).exists()


def _python_folder() -> Path:
    """Of the interpreter itself, not of a virtual environment around it."""
    return Path(sys.base_prefix) / "bin"
