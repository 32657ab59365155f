"""Projects on disk: what a name reaches, and what it never reaches."""

import os
from pathlib import Path, PurePosixPath

import pytest

from builds.loaders.disk import DiskFiles
from core.errors import ProjectError

AGENT = PurePosixPath("agent.yml")


def test_names_sizes_and_contents(tmp_path: Path) -> None:
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "a.yml").write_text("a: 1")
    files = DiskFiles(tmp_path)
    assert [str(name) for name in files.paths()] == ["agents/a.yml"]
    assert files.size(PurePosixPath("agents/a.yml")) == 4
    assert files.read_bytes(PurePosixPath("agents/a.yml")) == b"a: 1"


@pytest.mark.parametrize("name", ["missing.yml", "../outside.yml", "/etc/passwd"])
def test_only_names_of_the_project_are_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "outside.yml").write_text("x")
    project = tmp_path / "project"
    project.mkdir()
    with pytest.raises(ProjectError) as caught:
        DiskFiles(project).read_bytes(PurePosixPath(name))
    assert caught.value.code == "file_not_found"


def test_other_peoples_folders_and_state_are_left_out(tmp_path: Path) -> None:
    for folder in ("node_modules/x", ".git", ".dexto/database", ".dexto/logs", "kept", "dist"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "f").write_text("x")
    (tmp_path / ".dexto" / "deploy.json").write_text("{}")
    assert [str(name) for name in DiskFiles(tmp_path).paths()] == [".dexto/deploy.json", "dist/f", "kept/f"]


@pytest.mark.parametrize("target", ["../secret", "/etc/hostname", "nothing", "agent.yml"])
def test_links_out_of_the_project_are_left_out(tmp_path: Path, target: str) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "secret").write_text("s")
    (project / "agent.yml").symlink_to(target)
    files = DiskFiles(project)
    assert list(files.paths()) == []
    assert [(one.code, one.file) for one in files.findings] == [("symlink_outside", "agent.yml")]


def test_links_within_the_project_are_files(tmp_path: Path) -> None:
    (tmp_path / "real.yml").write_text("x")
    (tmp_path / "agent.yml").symlink_to("real.yml")
    assert DiskFiles(tmp_path).read_bytes(AGENT) == b"x"


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path)
    files = DiskFiles(tmp_path)
    assert list(files.paths()) == []
    assert files.findings[0].code == "symlink_folder"


def test_a_file_that_becomes_a_link_is_refused(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "secret").write_text("s")
    (project / "agent.yml").write_text("x")
    files = DiskFiles(project)
    (project / "agent.yml").unlink()
    (project / "agent.yml").symlink_to("../secret")
    with pytest.raises(ProjectError) as caught:
        files.read_bytes(AGENT)
    assert caught.value.code == "symlink_outside"


def test_a_file_that_goes_away_is_a_named_error(tmp_path: Path) -> None:
    (tmp_path / "agent.yml").write_text("x")
    files = DiskFiles(tmp_path)
    (tmp_path / "agent.yml").unlink()
    with pytest.raises(ProjectError) as caught:
        files.read_bytes(AGENT)
    assert caught.value.code == "file_unreadable"


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert list(DiskFiles(tmp_path).paths()) == []


def test_a_huge_repository_is_not_walked_to_its_end(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.md").write_text("x")
    files = DiskFiles(tmp_path, max_files=2)
    assert len(list(files.paths())) == 2
    assert files.findings[0].code == "too_many_files"


def test_names_that_are_no_text_are_left_out_and_said(tmp_path: Path) -> None:
    (tmp_path / "agent.yml").write_text("x")
    (tmp_path / "ä.md").write_text("x")
    (tmp_path / os.fsdecode(b"\xff")).mkdir()
    (tmp_path / os.fsdecode(b"\xff") / "agent.yml").write_text("x")
    (tmp_path / os.fsdecode(b"b\xfe.md")).symlink_to("/nowhere")
    files = DiskFiles(tmp_path)
    assert sorted(map(str, files.paths())) == ["agent.yml", "ä.md"]
    assert [(one.code, one.file) for one in files.findings] == [
        ("file_name_not_utf8", "b\ufffd.md"),
        ("file_name_not_utf8", "\ufffd"),
    ]
