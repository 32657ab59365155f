"""Prompts in markdown: frontmatter, defaults, placeholders, and lines that stay right."""

import time
from pathlib import PurePosixPath

from hypothesis import given
from hypothesis import strategies as st

from core.prompt_files import read_prompt

PATH = PurePosixPath("prompts/code-review.md")


def test_frontmatter_is_read() -> None:
    above = b"---\nid: review\ntitle: Review\npriority: 3\nargument-hint: '[file]'\n---\n"
    text = above + b"\nReview $1 as $ARGUMENTS.\n"
    prompt = read_prompt(text, PATH).prompt
    assert prompt is not None
    assert (prompt.id, prompt.title, prompt.body) == ("review", "Review", "Review $1 as $ARGUMENTS.\n")
    assert prompt.placeholders == ("$1", "$ARGUMENTS")


def test_without_it_the_name_and_the_heading_serve() -> None:
    prompt = read_prompt(b"Intro\n\n# Code review \n\nIt costs $$5 and $10.\n", PATH).prompt
    assert prompt is not None
    assert (prompt.id, prompt.title, prompt.placeholders) == ("code-review", "Code review", ())


def test_a_skill_is_named_by_its_folder() -> None:
    prompt = read_prompt(b"x", PurePosixPath("skills/refund/SKILL.md")).prompt
    assert prompt is not None
    assert prompt.id == "refund"


def test_findings_have_the_files_lines() -> None:
    findings = read_prompt(b"---\nid: ok\ntitle: [x]\n---\n", PATH).findings
    assert [(one.code, one.line, one.sentence) for one in findings] == [
        ("wrong_type", 3, "title must be text, not a list")
    ]


def test_keys_of_other_tools_are_theirs() -> None:
    above = b"---\nname: Review\nlicense: MIT\nallowed-tools: [Read]\nmetadata: {author: me}\n---\n"
    assert read_prompt(above + b"x", PATH).findings == ()


def test_one_key_per_line_needs_no_quotes() -> None:
    above = b"---\ndescription: Use when: it breaks\nargument-hint: [from] [to]\npriority: 7\ntitle: 'A: b'\n---\n"
    reading = read_prompt(above + b"x", PATH)
    assert reading.findings == ()
    assert reading.prompt is not None
    said = reading.prompt.frontmatter
    assert (said.description, said.argument_hint, said.priority) == ("Use when: it breaks", "[from] [to]", 7)
    assert reading.prompt.title == "A: b"


def test_its_lines_are_right_too() -> None:
    findings = read_prompt(b"---\ndescription: Use when: it breaks\n\npriority: high\n---\n", PATH).findings
    assert [(one.code, one.line, one.column) for one in findings] == [("wrong_type", 4, 11)]


def test_what_is_neither_is_an_error() -> None:
    findings = read_prompt(b"---\ndescription: a: b\n  more\n---\n", PATH).findings
    assert [(one.code, one.line) for one in findings] == [("yaml_syntax", 2)]


def test_a_heading_of_blanks_is_found_not_to_be_one_soon() -> None:
    started = time.perf_counter()
    read_prompt(b"# " + b" \t" * 400_000 + b"\n#" + b" " * 99_000, PATH)
    assert time.perf_counter() - started < 1


@given(st.binary(max_size=100).map(lambda rest: b"---\n" + rest))
def test_no_bytes_break_it(content: bytes) -> None:
    reading = read_prompt(content, PATH)
    assert reading.prompt is not None or reading.findings
