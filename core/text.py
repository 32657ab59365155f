"""From bytes to text, with a place when that fails."""

import re
from collections.abc import Iterator

from core.findings import Finding, Position, Severity, at

#: Larger than any configuration or registry that a person writes.
MAX_BYTES = 1_000_000
#: NUL and halves of surrogate pairs: JSON and YAML can spell them, and no database, header or file takes them.
_NOT_CARRIED = re.compile("[\0\ud800-\udfff]")


def decode(content: bytes, file: str, *, limit: int = MAX_BYTES) -> str | Finding:
    """The text of a file, or the finding that says why there is none."""
    if len(content) > limit:
        return _too_large(content, file, limit)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _not_utf8(content, file, error)


def can_be_carried(data: object) -> bool:
    """Whether every key and text in the data of a YAML or JSON document can be kept and sent."""
    return not any(_NOT_CARRIED.search(text) for text in _texts(data))


def _texts(data: object) -> Iterator[str]:
    """Without recursion: strangers decide how deep it is."""
    waiting = [data]
    while waiting:
        found = waiting.pop()
        if isinstance(found, str):
            yield found
        elif isinstance(found, dict):
            waiting += [*found, *found.values()]
        elif isinstance(found, list):
            waiting += found


def place_of_offset(content: bytes, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of a byte."""
    before = content[:offset]
    line_start = before.rfind(b"\n") + 1
    column = len(before[line_start:].decode("utf-8", "replace"))
    return before.count(b"\n") + 1, column + 1


def _too_large(content: bytes, file: str, limit: int) -> Finding:
    line = content.count(b"\n", 0, limit) + 1
    return at(
        Position(file, line, 1),
        Severity.ERROR,
        "file_too_large",
        f"The file has {len(content):,} bytes; what is read stops here, at {limit:,}",
        next_step="Move long texts into files of their own and name them from here.",
    )


def _not_utf8(content: bytes, file: str, error: UnicodeDecodeError) -> Finding:
    # The codec's offsets count without the byte order mark that it skips.
    skipped = 3 if content.startswith(b"\xef\xbb\xbf") else 0
    line, column = place_of_offset(content, error.start + skipped)
    return at(
        Position(file, line, column),
        Severity.ERROR,
        "not_utf8",
        f"The byte 0x{content[error.start + skipped]:02x} here is not UTF-8",
        next_step="Save the file as UTF-8.",
    )
