"""The reader of snapshots under hostile archives: only files of the project come out, or a sentence says why not."""

from __future__ import annotations

import gzip
import io
import subprocess
import tarfile
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.errors import UserError
from origin import snapshots
from origin.snapshots import SnapshotFile, SnapshotLimits
from tests import factories

LIMITS = SnapshotLimits(project_bytes=40_000, file_bytes=2_000, files=20)
_RUNS = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
_PART = st.one_of(
    st.sampled_from(
        ["workspace", "..", ".", "", ".git", ".GIT", ".dexto", "logs", "a", "agent.yml", "\\", '"', "~", " "]
    ),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12),
)
_NAME = st.lists(_PART, min_size=1, max_size=6).map("/".join) | st.lists(_PART, max_size=4).map(
    lambda parts: "/".join(["workspace", *parts])
)
_KIND = st.sampled_from(
    [
        tarfile.REGTYPE,
        tarfile.REGTYPE,
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.DIRTYPE,
        tarfile.CHRTYPE,
        tarfile.FIFOTYPE,
    ]
)
_MEMBER = st.tuples(_NAME, _KIND, st.binary(max_size=3_000), st.integers(0, 0o7777))


def packed(members: list[tuple[str, bytes, bytes, int]]) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz", format=tarfile.PAX_FORMAT) as tar:
        for name, kind, content, mode in members:
            info = tarfile.TarInfo(name)
            info.type, info.mode, info.linkname = kind, mode, "../../../etc/passwd"
            info.size = len(content) if kind == tarfile.REGTYPE else 0
            tar.addfile(info, io.BytesIO(content))
    return written.getvalue()


def read(archive: bytes) -> list[SnapshotFile]:
    """Raises UserError, and nothing else."""
    return list(snapshots.unpacked(io.BytesIO(archive), LIMITS, below="workspace"))


def check(files: list[SnapshotFile]) -> None:
    assert len(files) <= LIMITS.files
    assert sum(len(file.content) for file in files) <= LIMITS.project_bytes
    for file in files:
        parts = PurePosixPath(file.path).parts
        assert parts
        assert not file.path.startswith("/")
        assert ".." not in parts
        assert ".git" not in [part.lower() for part in parts]
        assert file.mode in ("100644", "100755", "120000")
        assert len(file.content) <= LIMITS.file_bytes


@_RUNS
@given(content=st.binary(max_size=600), wrapped=st.booleans())
@example(content=b"", wrapped=True)
@example(content=b"\x1f\x8b\x08\x00" + b"\xff" * 40, wrapped=False)
def test_any_bytes_are_an_archive_or_a_sentence(content: bytes, wrapped: bool) -> None:
    try:
        check(read(gzip.compress(content) if wrapped else content))
    except UserError as error:
        assert error.code in ("snapshot_unreadable", "snapshot_too_large", "snapshot_path")


@_RUNS
@given(members=st.lists(_MEMBER, max_size=6))
@example(members=[("workspace/" + "d/" * 3_000 + "f", tarfile.REGTYPE, b"", 0)])
@example(members=[("workspace/a", tarfile.REGTYPE, b"", 0)] * 21)
def test_no_member_leaves_the_project(members: list[tuple[str, bytes, bytes, int]]) -> None:
    try:
        check(read(packed(members)))
    except UserError as error:
        assert error.code in ("snapshot_unreadable", "snapshot_too_large", "snapshot_path")


@_RUNS
@given(data=st.data(), members=st.lists(_MEMBER, min_size=1, max_size=3))
def test_a_damaged_archive_ends_in_a_sentence(
    data: st.DataObject, members: list[tuple[str, bytes, bytes, int]]
) -> None:
    plain = bytearray(gzip.decompress(packed(members)))
    for _ in range(data.draw(st.integers(1, 6))):
        plain[data.draw(st.integers(0, min(len(plain), 1_600) - 1))] = data.draw(st.integers(0, 255))
    try:
        check(read(gzip.compress(bytes(plain))))
    except UserError as error:
        assert error.code in ("snapshot_unreadable", "snapshot_too_large", "snapshot_path")


@pytest.mark.parametrize("what", ["many files", "one header"])
def test_a_small_archive_that_unpacks_to_much_is_refused_before_it_does(what: str) -> None:
    if what == "many files":
        archive = packed([(f"workspace/{number}", tarfile.REGTYPE, b"x" * 2_000, 0) for number in range(19)])
    else:
        info, written = tarfile.TarInfo("workspace/a"), io.BytesIO()
        info.pax_headers = {"comment": "x" * 20_000_000}
        with tarfile.open(fileobj=written, mode="w:gz", format=tarfile.PAX_FORMAT) as tar:
            tar.addfile(info)
        archive = written.getvalue()
    assert len(archive) < LIMITS.project_bytes
    with pytest.raises(UserError) as caught:
        read(archive)
    assert caught.value.code == "snapshot_too_large"


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(members=st.lists(_MEMBER, max_size=4))
def test_what_comes_out_is_what_git_holds(members: list[tuple[str, bytes, bytes, int]]) -> None:
    try:
        files = read(packed(members))
    except UserError:
        return
    origin = factories.hosted_project().repository.origin
    try:
        sha = snapshots.commit(origin, iter(files), branch="main", message="m", author='a <b>"')
    except UserError as error:
        assert error.code in ("snapshot_path", "snapshot_unreadable")
        return
    listed = subprocess.run(
        ["git", "--git-dir", str(Path(origin.path)), "ls-tree", "-rz", "--name-only", sha],
        capture_output=True,
        check=True,
    ).stdout.decode("utf-8", "surrogateescape")
    assert set(listed.split("\0")) - {""} <= {file.path for file in files}
