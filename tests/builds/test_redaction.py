"""Secrets are taken out of a stream, in whatever form and however it is cut into chunks."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from itertools import pairwise
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builds.redaction import Redactor, tokens_only

SECRET = 'p4ss/w0rd+with "quotes" & ümläuts'
SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=6, max_size=40)
NOISE = st.text(st.characters(codec="utf-8"), max_size=60)


def _streamed(redactor: Redactor, content: bytes, cuts: list[int]) -> bytes:
    stream = redactor.stream()
    places = [0, *sorted({cut % (len(content) + 1) for cut in cuts}), len(content)]
    shown = [stream.feed(content[start:end]) for start, end in pairwise(places)]
    return b"".join([*shown, stream.end()])


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe="").lower(),
        quote_plus(SECRET),
        json.dumps(SECRET)[1:-1],
        b64encode(SECRET.encode()).decode(),
        urlsafe_b64encode(SECRET.encode()).decode(),
        b64encode(f"user:{SECRET}".encode()).decode(),
        b64encode(f"us:{SECRET}:more".encode()).decode(),
    ],
)
def test_a_value_is_found_in_each_of_its_forms(form: str) -> None:
    shown = Redactor.of({"PASSWORD": SECRET}).text(f"before {form} after")
    assert form not in shown
    assert "[PASSWORD]" in shown
    assert shown.startswith("before ")


@given(SECRETS, NOISE, NOISE, st.lists(st.integers(0, 500), max_size=8))
def test_no_way_to_cut_the_stream_shows_it(secret: str, before: str, after: str, cuts: list[int]) -> None:
    redactor = Redactor.of({"S": secret})
    content = f"{before}{secret}{after}{quote(secret, safe='')}{before}".encode()
    shown = _streamed(redactor, content, cuts)
    assert secret.encode() not in shown
    assert shown == _streamed(redactor, content, [])


@given(NOISE, st.lists(st.integers(0, 200), max_size=5))
def test_what_holds_no_secret_passes_unchanged(text: str, cuts: list[int]) -> None:
    redactor = Redactor.of({"S": "\x00never in a text\x00"})
    assert _streamed(redactor, text.encode(), cuts) == text.encode()


@pytest.mark.parametrize("prefix", ["ghs_", "gho_", "ghp_", "ghu_", "ghr_", "github_pat_", "dexto_"])
def test_what_looks_like_a_token_goes_too_also_over_chunks(prefix: str) -> None:
    token = prefix + "aB3.-_" * 90
    stream = tokens_only().stream()
    shown = stream.feed(f"x {token[:50]}".encode()) + stream.feed(f"{token[50:]} y\n".encode()) + stream.end()
    assert shown == b"x [token] y\n"


def test_a_word_that_only_begins_like_a_token_stays() -> None:
    assert tokens_only().text("ghs_short and dexto_cloud stay") == "ghs_short and dexto_cloud stay"


def test_each_line_of_a_long_secret_is_found_by_itself() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEAAoIB\n-----END KEY-----\n"
    shown = Redactor.of({"KEY": key}).text("12:00 MIIEvQIBADANBgkqhkiG9w0B")
    assert shown == "12:00 [KEY]"


def test_a_line_that_ends_is_shown_at_once() -> None:
    stream = Redactor.of({"KEY": "sk-very-secret"}).stream()
    assert stream.feed(b"a line of the agent's\n") == b"a line of the agent's\n"


def test_short_values_are_words_and_stay() -> None:
    assert Redactor.of({"DEBUG": "true"}).text("it is true") == "it is true"
