"""The YAML reader: values, positions, and everything that a hostile file may try."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.document import Document, Reading
from core.yaml_reader import read_yaml


def _document(text: str) -> Document:
    reading = read_yaml(text.encode(), "a.yml")
    assert reading.findings == ()
    assert reading.document is not None
    return reading.document


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-7", -7),
        ("0x1F", 31),
        ("0o17", 15),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("null", None),
        ("yes", "yes"),
        ("on", "on"),
        ("12:30:45", "12:30:45"),
        ("2026-01-01", "2026-01-01"),
        ("'1'", "1"),
        ('"true"', "true"),
        ("!!str 5", "5"),
        ("! 5", "5"),
        ("1_000", "1_000"),
        ("-", "-"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text: str, value: object) -> None:
    document = _document(f"key: {text}\n" if text != "-" else "key: '-'\n")
    assert document.get(("key",)) == value


def test_every_key_and_value_has_its_place() -> None:
    document = _document("a:\n  - b: 1\n    c: [x, y]\n")
    assert document.at(("a", 0, "c", 1)).line == 3
    assert document.at(("a", 0, "c", 1)).column == 12
    assert document.at_key(("a", 0, "c")).column == 5
    assert document.at(("a", 0, "missing")).line == 2


def test_a_value_through_an_alias_has_the_aliass_place() -> None:
    document = _document("base: &base\n  x: 1\nuse: *base\n")
    assert document.get(("use", "x")) == 1
    assert document.at(("use", "x")).line == 3


def test_a_duplicate_names_the_first_and_is_left_out() -> None:
    reading = read_yaml(b"a: {x: 1}\nb: 2\na: {x: 2}\n", "a.yml")
    assert [(one.code, one.line) for one in reading.findings] == [("yaml_duplicate_key", 3)]
    assert "line 1" in reading.findings[0].sentence
    assert reading.document is not None
    assert reading.document.get(("a", "x")) == 1


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"a:\n\tb: 1\n", "yaml_syntax", 2),
        (b"a: [1\nb: 2\n", "yaml_syntax", 2),
        (b"a: b\nc: \x01\n", "yaml_syntax", 2),
        (b"a: b\n\x00", "yaml_syntax", 2),
        (b'a: "\\ud83d"\n', "yaml_syntax", 1),
        (b'a: b\nc: "\\0"\n', "character_not_carried", 2),
        (b"a: b\nc: \xff\n", "not_utf8", 2),
        (b"\xef\xbb\xbfa: b\nc: \xff\n", "not_utf8", 2),
        ("a: ü".encode("utf-16"), "not_utf8", 1),
        (b"a: 1\n---\nb: 2\n", "yaml_several_documents", 2),
        (b"a: &a [*a]\n", "yaml_alias", 1),
        (b"x: 1\na: *b\n", "yaml_alias", 2),
        (b"? [a]\n: b\n", "yaml_key", 1),
        (b"a: 1\n? *x\n: b\n", "yaml_alias", 2),
        (b"a: &x 1\n*x : b\n", "yaml_key", 2),
        (b"a: .inf\n", "yaml_number", 1),
        (b"a: 1\nb: 1e999\n", "yaml_number", 2),
        (b"a: " + b"9" * 5_000, "yaml_number", 1),
        (b"a: !secret x\n", "yaml_tag", 1),
        (b"a: !!python/object:os.system x\n", "yaml_tag", 1),
        (b"a: !!python/object:os.system {x: 1}\n", "yaml_tag", 1),
        (b"%TAG !a! tag:x\n" * 9 + b"---\na: 1\n", "yaml_tag", 9),
    ],
)
def test_what_is_wrong_has_a_code_and_a_line(content: bytes, code: str, line: int) -> None:
    reading = read_yaml(content, "a.yml")
    assert (reading.findings[0].code, reading.findings[0].line) == (code, line)


def _sound(reading: Reading) -> bool:
    return reading.document is not None or any(one.line > 0 for one in reading.findings)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    assert _sound(read_yaml(content, "a.yml"))


_PIECES = st.lists(st.sampled_from([*"[]{}:,-?&*!|>'\"%@`#~ab1\n\t ", "  ", "&a ", "*a", "!!int ", "<<: "]))


@settings(max_examples=400, deadline=None)
@given(_PIECES.map("".join))
def test_no_punctuation_breaks_the_reader(text: str) -> None:
    assert _sound(read_yaml(text.encode(), "a.yml"))
