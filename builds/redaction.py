"""Takes secrets out of a stream of bytes: known values in all their forms, and anything that looks like a token.

Values are found raw, in base64 (wherever they begin in it), URL-encoded and escaped as JSON, also when a form is
split over chunks: what may be the beginning of one is held back until more comes, or the stream ends.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode, urlsafe_b64encode
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final
from urllib.parse import quote, quote_plus

from ahocorasick_rs import BytesAhoCorasick, MatchKind

#: Shorter values are words: taking those out would make a log unreadable, and hide nothing.
MIN_LENGTH: Final = 6
_TOKEN_PREFIXES: Final = (b"ghs_", b"gho_", b"ghp_", b"ghu_", b"ghr_", b"github_pat_", b"dexto_")
_TOKEN_REST: Final = re.compile(rb"[A-Za-z0-9._-]*")
_TOKEN_LENGTH: Final = 36
_MAX_TOKEN: Final = 4_096
_TOKEN: Final = b"[token]"
_HEAD: Final = 4


@dataclass(frozen=True, slots=True)
class Redactor:
    """What to look for; make one per set of secrets, and a stream of it per source."""

    _patterns: tuple[bytes, ...] = field(repr=False)  # sorted
    _marks: tuple[bytes, ...]  # by pattern; b"" for the prefix of a token
    _automaton: BytesAhoCorasick = field(repr=False)
    _longest: int
    _heads: frozenset[bytes]  # the first bytes of each pattern: most places begin none

    @classmethod
    def of(cls, secrets: Mapping[str, str]) -> Redactor:
        """`secrets` by the names that take their places in the text: `[OPENAI_API_KEY]`."""
        marks = dict.fromkeys(_TOKEN_PREFIXES, b"")
        for name, value in secrets.items():
            marks |= dict.fromkeys(_forms(value), f"[{name}]".encode())
        patterns = tuple(sorted(marks))
        automaton = BytesAhoCorasick(patterns, matchkind=MatchKind.LeftmostLongest)
        heads = frozenset(pattern[:_HEAD] for pattern in patterns)
        return cls(patterns, tuple(marks[one] for one in patterns), automaton, max(map(len, patterns)), heads)

    def text(self, text: str) -> str:
        """A whole text, redacted."""
        stream = self.stream()
        content = text.encode("utf-8", "surrogateescape")
        return (stream.feed(content) + stream.end()).decode("utf-8", "surrogateescape")

    def stream(self) -> RedactedStream:
        return RedactedStream(self)

    def cut(self, content: bytes, *, is_last: bool) -> tuple[bytes, bytes]:
        """The redacted content, and what has to wait for more."""
        pieces, done, held = [], 0, len(content)
        for index, start, end in self._automaton.find_matches_as_indexes(content):
            if start < done:
                continue
            mark, until = self._found(content, index, end)
            if mark is None:
                continue
            if not is_last and self._may_go_on(content, index, start, until):
                held = start
                break
            pieces += [content[done:start], mark]
            done = until
        if not is_last:
            held = min(held, self._possible_start(content, done))
        pieces.append(content[done:held])
        return b"".join(pieces), content[held:]

    def _found(self, content: bytes, index: int, end: int) -> tuple[bytes | None, int]:
        if mark := self._marks[index]:
            return mark, end
        rest = _TOKEN_REST.match(content, end, end + _MAX_TOKEN)
        until = rest.end() if rest else end
        return (_TOKEN, until) if until - end >= _TOKEN_LENGTH or until == len(content) else (None, end)

    def _may_go_on(self, content: bytes, index: int, start: int, until: int) -> bool:
        """Whether what comes next could make it longer: the rest of a token, or a longer form of a value."""
        if not self._marks[index]:
            return until == len(content)
        return len(content) - start < self._longest and self._begins_a_pattern(content[start:])

    def _possible_start(self, content: bytes, done: int) -> int:
        """Where the longest tail begins that is the beginning of a pattern; the end where none does."""
        for start in range(max(done, len(content) - self._longest + 1), len(content)):
            head = content[start : start + _HEAD]
            if (len(head) < _HEAD or head in self._heads) and self._begins_a_pattern(content[start:]):
                return start
        return len(content)

    def _begins_a_pattern(self, tail: bytes) -> bool:
        at = bisect_left(self._patterns, tail)
        found = self._patterns[at : at + 2]
        return any(len(pattern) > len(tail) and pattern.startswith(tail) for pattern in found)


@dataclass(slots=True)
class RedactedStream:
    """One source's bytes, in order."""

    _redactor: Redactor
    _held: bytes = b""

    def feed(self, chunk: bytes) -> bytes:
        """What can be shown by now."""
        shown, self._held = self._redactor.cut(self._held + chunk, is_last=False)
        return shown

    def end(self) -> bytes:
        """The rest: no more comes."""
        shown, self._held = self._redactor.cut(self._held, is_last=True)
        return shown


@lru_cache(maxsize=1)
def tokens_only() -> Redactor:
    """For sources that are given no secret of ours, and might still print a token."""
    return Redactor.of({})


def _forms(value: str) -> Iterator[bytes]:
    """The value and its encodings; of several lines also each line by itself, as logs print them."""
    for text in {value, *value.splitlines()}:
        if len(text.encode()) >= MIN_LENGTH:
            yield from (form for form in _encodings(text) if len(form) >= MIN_LENGTH)


def _encodings(text: str) -> Iterator[bytes]:
    raw = text.encode()
    yield raw
    yield json.dumps(text)[1:-1].encode()
    yield json.dumps(text, ensure_ascii=False)[1:-1].encode()
    for encoded in (quote(text, safe=""), quote(text), quote_plus(text)):
        yield encoded.encode()
        yield re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), encoded).encode()
    for offset in range(3):
        yield from _base64(raw, offset)


def _base64(raw: bytes, offset: int) -> Iterator[bytes]:
    """Its characters when `offset` bytes come before it: those that bytes beside it share in are left out."""
    padded = b"\0" * offset + raw
    whole = len(padded) // 3 * 3
    begin = -(-offset * 4 // 3)
    for encode in (b64encode, urlsafe_b64encode):
        yield encode(padded[:whole])[begin:]
        if offset == 0:
            yield encode(raw).rstrip(b"=")
