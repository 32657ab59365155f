"""Exactly one commit's files, through a mirror, from real repositories."""

from __future__ import annotations

import base64
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from builds.runner import git as commands
from builds.runner.checkout import Limits, Mirror, check_disk
from core.errors import CancelledError, PlatformError, ProjectError, UserError
from tests.git import commit, git, repository, tree_of
from tests.git_server import git_server
from tests.progress import Said

LIMITS = Limits(fetch_seconds=30, file_bytes=10_000, project_bytes=50_000, files=50, free_disk_bytes=1)


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture
def mirror(tmp_path: Path, said: Said) -> Mirror:
    return Mirror(tmp_path / "mirrors" / "1.git", LIMITS, said)


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    return repository(tmp_path / "origin")


def source(origin: Path) -> commands.Source:
    return commands.Source(str(origin))


def checked_out(mirror: Mirror, sha: str, folder: Path, root: str = "") -> dict[str, str]:
    """Every file of the commit with its text."""
    tree = mirror.tree(sha, root)
    mirror.write(tree, folder, folder.with_suffix(".index"))
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def objects(mirror: Mirror) -> int:
    counted = git(mirror.path, "count-objects", "-v").splitlines()
    numbers = dict(line.split(": ") for line in counted)
    return int(numbers["count"]) + int(numbers["in-pack"])


def test_it_is_exactly_that_commit(mirror: Mirror, origin: Path, tmp_path: Path) -> None:
    (origin / "a.txt").write_text("one")
    first = commit(origin)
    (origin / "a.txt").write_text("two")
    (origin / "b.txt").write_text("b")
    second = commit(origin)
    mirror.fetch(source(origin), second)
    mirror.fetch(source(origin), first)
    assert checked_out(mirror, first, tmp_path / "first") == {"a.txt": "one"}
    assert checked_out(mirror, second, tmp_path / "second") == {"a.txt": "two", "b.txt": "b"}


def test_a_second_fetch_brings_only_what_is_new(mirror: Mirror, origin: Path) -> None:
    for number in range(40):
        (origin / f"{number}.txt").write_text(str(number))
    mirror.fetch(source(origin), commit(origin))
    before = objects(mirror)
    (origin / "0.txt").write_text("changed")
    mirror.fetch(source(origin), commit(origin))
    assert objects(mirror) - before == 3, "a commit, a tree, a file"


def test_a_commit_that_is_here_is_not_fetched_again(mirror: Mirror, origin: Path, said: Said) -> None:
    sha = commit(origin)
    mirror.fetch(source(origin), sha)
    shutil.rmtree(origin)
    mirror.fetch(source(origin), sha)
    assert said.lines == ["The commit is here already."]


def test_a_commit_that_was_force_pushed_away_has_vanished(mirror: Mirror, origin: Path) -> None:
    commit(origin, "kept")
    gone = commit(origin, "gone")
    git(origin, "reset", "--quiet", "--hard", "HEAD~1")
    git(origin, "reflog", "expire", "--expire=now", "--all")
    git(origin, "gc", "--quiet", "--prune=now")
    with pytest.raises(UserError) as caught:
        mirror.fetch(source(origin), gone)
    assert caught.value.code == "commit_vanished"
    assert gone[:12] in caught.value.sentence
    assert caught.value.next_step


def test_what_was_fetched_before_it_was_force_pushed_away_is_still_built(
    mirror: Mirror, origin: Path, tmp_path: Path
) -> None:
    (origin / "a.txt").write_text("gone")
    gone = commit(origin)
    mirror.fetch(source(origin), gone)
    shutil.rmtree(origin)
    repository(origin)
    mirror.fetch(source(origin), commit(origin, "another history"))
    git(mirror.path, "gc", "--quiet", "--prune=now")
    assert checked_out(mirror, gone, tmp_path / "out") == {"a.txt": "gone"}


def test_an_empty_repository_has_no_commit(mirror: Mirror, origin: Path) -> None:
    with pytest.raises(UserError) as caught:
        mirror.fetch(source(origin), "1" * 40)
    assert caught.value.code == "commit_vanished"


def test_a_repository_that_is_not_there_is_tried_again(mirror: Mirror, tmp_path: Path) -> None:
    with pytest.raises(PlatformError) as caught:
        mirror.fetch(commands.Source(str(tmp_path / "nowhere")), "1" * 40)
    assert caught.value.code == "fetch_failed"


def test_a_half_made_mirror_is_finished(mirror: Mirror, origin: Path) -> None:
    mirror.path.mkdir(parents=True)
    (mirror.path / "objects").mkdir()
    sha = commit(origin)
    mirror.fetch(source(origin), sha)
    assert mirror.tree(sha, "")


def test_a_build_that_waits_for_another_s_fetch_can_be_cancelled(mirror: Mirror, origin: Path, said: Said) -> None:
    mirror.path.parent.mkdir(parents=True)
    lock = mirror.path.with_suffix(".lock")
    with subprocess.Popen(["flock", str(lock), "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        holder.stdin.write(b"held\n")
        holder.stdin.flush()
        holder.stdout.readline()
        said.stop = CancelledError("cancelled", "Stopped.", "")
        with pytest.raises(CancelledError):
            mirror.fetch(source(origin), "1" * 40)


class TestRoot:
    def test_a_folder_below(self, mirror: Mirror, origin: Path, tmp_path: Path) -> None:
        (origin / "agents" / "one").mkdir(parents=True)
        (origin / "agents" / "one" / "a.txt").write_text("a")
        (origin / "other.txt").write_text("b")
        sha = commit(origin)
        mirror.fetch(source(origin), sha)
        assert checked_out(mirror, sha, tmp_path / "out", "agents/one") == {"a.txt": "a"}

    @pytest.mark.parametrize("root", ["nowhere", "..", "../origin", "/etc", "a.txt", "./..", "-h", "sub/../.."])
    def test_anything_else_is_said(self, mirror: Mirror, origin: Path, root: str) -> None:
        (origin / "a.txt").write_text("a file, no folder")
        sha = commit(origin)
        mirror.fetch(source(origin), sha)
        with pytest.raises(ProjectError) as caught:
            mirror.tree(sha, root)
        assert caught.value.code == "root_missing"
        assert root in caught.value.sentence


class TestLimits:
    """Before a byte is written."""

    def refused(self, mirror: Mirror, origin: Path) -> ProjectError:
        sha = commit(origin)
        mirror.fetch(source(origin), sha)
        with pytest.raises(ProjectError) as caught:
            mirror.files(mirror.tree(sha, ""))
        assert caught.value.next_step
        return caught.value

    def test_a_file_that_is_too_large(self, mirror: Mirror, origin: Path) -> None:
        (origin / "model.bin").write_bytes(b"x" * 10_001)
        error = self.refused(mirror, origin)
        assert (error.code, error.file) == ("file_too_large", "model.bin")
        assert "10,001" in error.sentence

    def test_too_many_bytes_in_all(self, mirror: Mirror, origin: Path) -> None:
        for number in range(6):
            (origin / f"{number}.bin").write_bytes(b"x" * 9_000)
        assert self.refused(mirror, origin).code == "project_too_large"

    def test_too_many_files(self, mirror: Mirror, origin: Path) -> None:
        for number in range(51):
            (origin / f"{number}.txt").write_text("x")
        assert self.refused(mirror, origin).code == "too_many_files"

    def test_what_is_within_is_listed(self, mirror: Mirror, origin: Path) -> None:
        (origin / "at the limit.txt").write_bytes(b"x" * 10_000)
        sha = commit(origin)
        mirror.fetch(source(origin), sha)
        assert [(one.path, one.size) for one in mirror.files(mirror.tree(sha, ""))] == [("at the limit.txt", 10_000)]

    def test_a_full_disk_is_said_before_the_work(self, tmp_path: Path) -> None:
        with pytest.raises(PlatformError) as caught:
            check_disk(tmp_path, replace(LIMITS, free_disk_bytes=1 << 60))
        assert caught.value.code == "disk_full"
        assert "goes on by itself" in caught.value.next_step


class TestStrangeTrees:
    """What git itself never makes, but a repository may hold."""

    @pytest.mark.parametrize("name", ["..", ".", ".git", ".GIT", "git~1"])
    def test_a_path_that_leaves_the_project_is_the_project_s_fault(
        self, mirror: Mirror, origin: Path, tmp_path: Path, name: str
    ) -> None:
        inner = tree_of(origin, [("100644", "evil.txt", "from outside")])
        sha = tree_of(origin, [("040000", name, inner)], as_commit=True)
        mirror.fetch(source(origin), sha)
        with pytest.raises(ProjectError) as caught:
            checked_out(mirror, sha, tmp_path / "a" / "out")
        assert caught.value.code == "path_outside_project"
        assert name in caught.value.sentence
        assert caught.value.next_step
        assert not list(tmp_path.rglob("evil.txt"))

    def test_a_file_below_a_link_is_not_written_through_it(self, mirror: Mirror, origin: Path, tmp_path: Path) -> None:
        target = tmp_path / "outside"
        target.mkdir()
        inner = tree_of(origin, [("100644", "evil.txt", "through the link")])
        sha = tree_of(origin, [("120000", "a", str(target)), ("040000", "a", inner)], as_commit=True)
        mirror.fetch(source(origin), sha)
        checked_out(mirror, sha, tmp_path / "out")
        assert not list(target.iterdir())

    def test_submodules_are_left_out(self, mirror: Mirror, origin: Path) -> None:
        sha = tree_of(origin, [("160000", "vendor", "1" * 40), ("100644", "a.txt", "a")], as_commit=True)
        mirror.fetch(source(origin), sha)
        assert [one.path for one in mirror.files(mirror.tree(sha, ""))] == ["a.txt"]

    def test_names_that_are_not_text_are_kept_as_they_are(self, mirror: Mirror, origin: Path, tmp_path: Path) -> None:
        (origin / "tab\tand\nline.txt").write_text("a")
        sha = commit(origin)
        mirror.fetch(source(origin), sha)
        assert [one.path for one in mirror.files(mirror.tree(sha, ""))] == ["tab\tand\nline.txt"]
        assert checked_out(mirror, sha, tmp_path / "out") == {"tab\tand\nline.txt": "a"}


class TestCredentials:
    AUTHORIZATION = f"Basic {base64.b64encode(b'x-access-token:ghs_very-secret-token').decode()}"

    def test_a_token_is_in_no_argv_no_file_and_no_line(
        self, mirror: Mirror, origin: Path, tmp_path: Path, said: Said
    ) -> None:
        (origin / "a.txt").write_text("private")
        sha = commit(origin)
        with git_server(tmp_path, self.AUTHORIZATION) as server:
            mirror.fetch(commands.Source(server.url(origin / ".git"), self.AUTHORIZATION), sha)
        assert checked_out(mirror, sha, tmp_path / "out") == {"a.txt": "private"}
        secret = self.AUTHORIZATION.removeprefix("Basic ")
        assert any("fetch" in line and "git" in line for line in server.seen), "the fetch was looked at while it ran"
        assert not [line for line in server.seen if secret in line or "ghs_" in line]
        written = [path for path in mirror.path.rglob("*") if path.is_file()]
        assert not [path for path in written if secret.encode() in path.read_bytes()]
        assert secret not in " ".join(said.lines)
        assert secret not in repr(commands.Source("https://example.com", self.AUTHORIZATION))

    def test_a_refused_token_is_said_without_naming_it(self, mirror: Mirror, origin: Path, tmp_path: Path) -> None:
        sha = commit(origin)
        with git_server(tmp_path, "Basic another") as server, pytest.raises(UserError) as caught:
            mirror.fetch(commands.Source(server.url(origin / ".git"), self.AUTHORIZATION), sha)
        assert caught.value.code == "repository_refused"
        assert "ghs_" not in f"{caught.value.as_dict()}"
        assert server.asked > 0

    def test_an_address_cannot_name_a_program(self, mirror: Mirror, tmp_path: Path) -> None:
        with pytest.raises(PlatformError):
            mirror.fetch(commands.Source(f"ext::touch {tmp_path / 'ran'}"), "1" * 40)
        assert not (tmp_path / "ran").exists()
