"""What is sent as a bundle by whoever has a token: taken when it is one, refused with its place when it is not."""

from __future__ import annotations

from typing import Any

import pytest

from builds.frames import HIDDEN
from builds.uploaded import UploadLimits, as_sent, uploaded_bundle
from core.errors import UserError
from core.findings import Finding, Frame, Severity
from core.targets import Target

LIMITS = UploadLimits(file_bytes=1_000, bundle_bytes=1_500, files=3)
DIGEST = "a" * 64


def sent(**changes: Any) -> dict[str, Any]:
    manifest = {
        "version": 1,
        "target": "nodejs",
        "entry": "index.mjs",
        "files": [["index.mjs", DIGEST, 10, 0o644]],
        "required_variables": ["OPENAI_API_KEY"],
        "provenance": [{"from": "file:///a.md", "to": "bundle:///a.md", "sha256": DIGEST}],
        "storage": {"agent": {"database": "sqlite"}},
    }
    return {"manifest": {**manifest, **changes}}


def with_path(path: str) -> dict[str, Any]:
    return sent(files=[["index.mjs", DIGEST, 10, 0o644], [path, DIGEST, 10, 0o644]])


def refusal(what: object) -> UserError:
    with pytest.raises(UserError) as refused:
        uploaded_bundle(what, LIMITS)
    return refused.value


def test_what_the_command_sends_comes_out_as_it_was_made() -> None:
    finding = Finding(Severity.WARNING, "a_code", "A sentence.", "A step.", "agent.yml", 3, 1, (Target.LAMBDA,))
    outline = {"agent": {"model": "openai/gpt-5-mini", "tools": {"shell": "1"}, "prompts": {"one": "2"}}}
    first = uploaded_bundle(sent(), LIMITS)
    again = uploaded_bundle(as_sent(first.manifest, (finding,), outline), LIMITS)
    assert again.manifest == first.manifest
    assert again.manifest.digest == first.manifest.digest
    assert (again.findings, again.outline) == ((finding,), outline)


def test_the_lines_of_a_finding_are_taken_without_what_may_be_a_secret() -> None:
    frame = Frame(2, ("llm:", "  apiKey: correct-horse-battery", "\x1b[2Jmodel: x"), 3)
    finding = Finding(Severity.WARNING, "a_code", "A sentence.", "A step.", "agent.yml", 4, 3, frame=frame)
    manifest = uploaded_bundle(sent(), LIMITS).manifest
    (kept,) = uploaded_bundle(as_sent(manifest, (finding,), {}), LIMITS).findings
    assert kept.frame == Frame(2, ("llm:", HIDDEN, "�[2Jmodel: x"), 3)


@pytest.mark.parametrize(
    "frame",
    [
        {"start": 0, "lines": ["a"], "column": 0},
        {"start": 1, "lines": [], "column": 0},
        {"start": 1, "lines": ["a"] * 6, "column": 0},
        {"start": 1, "lines": ["a" * 1_000], "column": 0},
        {"start": 1, "lines": ["a"], "column": 10_000},
        {"start": 1, "lines": "abc", "column": 0},
    ],
)
def test_more_lines_than_a_finding_has_are_refused(frame: dict[str, Any]) -> None:
    finding = Finding(Severity.WARNING, "a_code", "A sentence.").as_dict()
    assert refusal({**sent(), "findings": [{**finding, "frame": frame}]}).code == "upload_invalid"


@pytest.mark.parametrize(
    "path",
    [
        *("../x", "a/../../x", "/etc/passwd", "a//b", "./a", "a/.", "", "a/", "..", "a\\b", "a\0b", "a\nb"),
        *("x" * 256, "a/" * 600 + "b", ".manifest.json", "index.mjs", "index.mjs/below", "\ud800"),
    ],
)
def test_a_path_that_leads_elsewhere_is_refused(path: str) -> None:
    assert refusal(with_path(path)).code == "upload_invalid"


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 2},
        {"target": "mainframe"},
        {"entry": "other.mjs"},
        {"files": []},
        {"files": [["index.mjs", DIGEST, -1, 0o644]]},
        {"files": [["index.mjs", DIGEST, 2**70, 0o644]]},
        {"files": [["index.mjs", "A" * 64, 1, 0o644]]},
        {"files": [["index.mjs", f"{DIGEST}\n", 1, 0o644]]},
        {"files": [["index.mjs", DIGEST, 1, 0o4755]]},
        {"files": [["index.mjs", DIGEST, 1]]},
        {"files": {"index.mjs": DIGEST}},
        {"required_variables": ["A=B"]},
        {"provenance": [{"from": "a\0", "to": "b", "sha256": DIGEST}]},
        {"storage": {"agent": {"database": {"deep": "er"}}}},
        {"more": "than there is"},
    ],
)
def test_what_is_no_manifest_is_refused_with_its_place(changes: dict[str, Any]) -> None:
    refused = refusal(sent(**changes))
    assert refused.code == "upload_invalid"
    assert len(refused.sentence) < 500


@pytest.mark.parametrize("what", [None, [], "text", {}, {"manifest": []}, {**sent(), "outline": {"agent": 1}}])
def test_what_is_not_even_that_is_refused(what: object) -> None:
    assert refusal(what).code == "upload_invalid"


@pytest.mark.parametrize(
    "files",
    [
        [["index.mjs", DIGEST, 1_001, 0o644]],
        [["index.mjs", DIGEST, 800, 0o644], ["b", DIGEST, 800, 0o644]],
        [[name, DIGEST, 1, 0o644] for name in ("index.mjs", "b", "c", "d")],
    ],
)
def test_what_is_larger_than_a_project_may_be_is_refused(files: list[Any]) -> None:
    assert refusal(sent(files=files)).code == "upload_too_large"


def test_a_finding_keeps_no_zero_byte() -> None:
    finding = Finding(Severity.INFO, "a_code", "A\0B", "")
    (kept,) = uploaded_bundle({**sent(), "findings": [finding.as_dict()]}, LIMITS).findings
    assert kept.sentence == "AB"
