"""The lines around a finding: bounded, printable, and never a secret."""

from __future__ import annotations

from pathlib import Path

from builds.frames import HIDDEN, MAX_FRAMES, WIDTH, cleaned, framed
from core.findings import Finding, Frame, Severity, in_reading_order


def finding(line: int, column: int = 1, *, file: str = "agent.yml", code: str = "unknown_key") -> Finding:
    return Finding(Severity.ERROR, code, "It is wrong.", "", file, line, column)


def frame(folder: Path, *findings: Finding) -> Frame | None:
    return framed(findings, folder)[0].frame


def write(folder: Path, content: str | bytes, name: str = "agent.yml") -> None:
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)


def test_two_lines_above_and_below(tmp_path: Path) -> None:
    write(tmp_path, "a\nb\nc\n\td\ne\nf\ng\n")
    assert frame(tmp_path, finding(4, 2)) == Frame(2, ("b", "c", "    d", "e", "f"), 5)
    assert frame(tmp_path, finding(1)) == Frame(1, ("a", "b", "c"), 1)
    assert frame(tmp_path, finding(7, 0)) == Frame(5, ("e", "f", "g"), 0)


def test_without_a_place_there_is_none(tmp_path: Path) -> None:
    write(tmp_path, "a\n")
    for one in (finding(9), finding(0), finding(1, file=""), finding(1, file="missing"), finding(1, file="a\0b")):
        assert frame(tmp_path, one) is None


def test_long_lines_are_cut_around_the_column(tmp_path: Path) -> None:
    write(tmp_path, f"{'a' * 1_000}\n{'b' * 500}X{'c' * 5_000}\n")
    found = frame(tmp_path, finding(2, 501))
    assert found is not None
    assert [len(line) for line in found.lines] == [WIDTH, WIDTH]
    assert found.lines[1][found.column - 1] == "X"


def test_what_is_no_text_is_not_shown(tmp_path: Path) -> None:
    write(tmp_path, b"\x7fELF\0\0\n")
    assert frame(tmp_path, finding(1)) is None
    write(tmp_path, b"\xff\xfe\x1b[2J\n")
    assert frame(tmp_path, finding(1)) == Frame(1, ("���[2J",), 1)


def test_nothing_outside_of_the_project_is_read(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    write(tmp_path, "hostname\n", "outside")
    (project / "link").symlink_to(tmp_path / "outside")
    (project / "folder").symlink_to(tmp_path)
    (project / "loop").symlink_to(project / "loop")
    for name in ("link", "folder/outside", "../outside", str(tmp_path / "outside"), "loop"):
        assert frame(project, finding(1, file=name)) is None


def test_a_secret_is_never_in_a_frame(tmp_path: Path) -> None:
    write(tmp_path, "a: 1\nnote: hunter2-hunter2\nb: ghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nc: 1\n")
    told = finding(2, code="secret_in_file")
    assert frame(tmp_path, finding(4), told) == Frame(2, (HIDDEN, HIDDEN, "c: 1"), 1)
    assert frame(tmp_path, told) == Frame(1, ("a: 1", HIDDEN, HIDDEN, "c: 1"), 0)
    (beside,) = framed([finding(4)], tmp_path, beside=[told])
    assert beside.frame is not None
    assert HIDDEN in beside.frame.lines


def test_a_report_has_no_more_than_so_many(tmp_path: Path) -> None:
    write(tmp_path, "a\n")
    remarks = [Finding(Severity.INFO, "x", str(number), "", "agent.yml", 1) for number in range(MAX_FRAMES)]
    found = framed([*remarks, finding(1)], tmp_path)
    assert sum(one.frame is not None for one in found) == MAX_FRAMES
    assert found[-1].frame is not None, "an error comes before a remark"
    doubled = cleaned([*found, *found])
    assert sum(one.frame is not None for one in doubled) == MAX_FRAMES
    assert [one.sentence for one in doubled] == [one.sentence for one in (*found, *found)]


def test_the_same_finding_with_and_without_its_lines_is_said_once(tmp_path: Path) -> None:
    write(tmp_path, "a\n")
    assert len(in_reading_order((*framed([finding(1)], tmp_path), finding(1)))) == 1
