"""Prompts in markdown: frontmatter, defaults, placeholders, and lines that stay right."""

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
    findings = read_prompt(b"---\nid: ok\ntitel: x\n---\n", PATH).findings
    assert [(one.code, one.line, one.next_step) for one in findings] == [("unknown_key", 3, 'Did you mean "title"?')]


@given(st.binary(max_size=100).map(lambda rest: b"---\n" + rest))
def test_no_bytes_break_it(content: bytes) -> None:
    reading = read_prompt(content, PATH)
    assert reading.prompt is not None or reading.findings
