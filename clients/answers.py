"""What an HTTP status means for whoever wanted the object."""

from typing import Final

from clients.guarded_http import Answer, FetchError

_TEMPORARY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_REFUSED: Final = frozenset({401, 403, 407})
_MISSING: Final = frozenset({404, 410})


def body_of(answer: Answer, *, detail: str = "") -> bytes:
    """The body of a 200. Raises FetchError for anything else; `detail` is the vendor's own word for it."""
    if answer.status == 200:
        return answer.body
    word = f"{answer.status} {detail}".strip()
    if answer.status in _MISSING:
        raise FetchError(f"there is no such object ({word})")
    if answer.status in _REFUSED:
        raise FetchError(f"access was refused ({word})")
    if answer.status in _TEMPORARY:
        raise FetchError(f"the server cannot answer now ({word})", temporary=True)
    raise FetchError(f"the server answered {word}")
