"""Absolute URIs: the only way in which a configuration names a resource.

A scheme is allowed per field. `file://` needs an absolute path and no host: `file://./x` would name a host
called "." and `file:x` a relative path, so both are refused, although WHATWG URL parsers let them through.
"""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from core.errors import ResourceError

#: The plan's four first; the later sources' after them.
SCHEMES: Final = ("file", "s3", "http", "https", "gs", "az", "postgres")
#: A plugin is code: it never comes over a connection that anyone on the way can change.
MODULE_SCHEMES: Final = ("file", "s3", "https", "gs", "az")

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
_MAX_ENCODINGS: Final = 8
#: Twice what any system takes as a path; undoing the encoding of a megabyte takes seconds.
MAX_CHARACTERS: Final = 8_000


@dataclass(frozen=True, slots=True)
class Uri:
    """A checked absolute URI. `path` is decoded once; `text` is as it was written."""

    text: str
    scheme: str
    host: str
    path: str
    port: int | None = None
    query: str = ""

    @property
    def key(self) -> str:
        """The path without its leading slash: an object's key in its bucket."""
        return self.path.removeprefix("/")

    @property
    def public(self) -> str:
        """The URI without its query, which may hold a signature; for errors, logs and records."""
        return f"{self.text.partition('?')[0]}?…" if self.query else self.text


def parse(text: str, *, field: str = "URI", schemes: tuple[str, ...] = SCHEMES) -> Uri:
    """The checked URI. Raises ResourceError, with a code of core.codes.resources."""
    if len(text) > MAX_CHARACTERS:
        raise ResourceError("uri_invalid", f"{field} is longer than {MAX_CHARACTERS:,} characters")
    scheme = _scheme(text, field, schemes)
    try:
        parts = urlsplit(text)
        uri = Uri(text, scheme, parts.hostname or "", unquote(parts.path), parts.port, parts.query)
    except ValueError as error:
        raise ResourceError("uri_invalid", f"{field} is not a valid URI: {error}") from error
    if _UNSAFE.search(text):
        raise ResourceError("uri_invalid", f"{field} holds a blank, a backslash or a control character")
    if "@" in parts.netloc:
        raise ResourceError("uri_invalid", f"{field} must not hold a user name or password", _CREDENTIALS)
    _check_shape(uri, field)
    return uri


def file_uri(path: str) -> str:
    """The `file://` URI of an absolute POSIX path."""
    if not path.startswith("/"):
        raise ValueError(f"not absolute: {path}")
    return f"file://{quote(path)}"


def fully_decoded(text: str) -> str:
    """The text with percent-encoding undone until nothing is left of it, however often it was applied."""
    for _ in range(_MAX_ENCODINGS):
        decoded = unquote(text)
        if decoded == text:
            break
        text = decoded
    return text


def climbs(path: str) -> bool:
    """Whether a path has a parent step in any disguise: encoded, doubly encoded, with backslashes.

    What is longer than any path is not looked through, and counts as one that has.
    """
    if len(path) > MAX_CHARACTERS:
        return True
    decoded = fully_decoded(path)
    still_encoded = unquote(decoded) != decoded
    return still_encoded or ".." in re.split(r"[/\\]", decoded)


_USE_TEMPLATE: Final = "Use ${{dexto.agent_dir}} template for local files."
_CREDENTIALS: Final = "Put credentials into the data source, as ${VARIABLES}."


def _scheme(text: str, field: str, schemes: tuple[str, ...]) -> str:
    match = _SCHEME.match(text)
    if match is None:
        listed = ", ".join(f"{scheme}://" for scheme in schemes)
        sentence = f"{field} must be an absolute URI ({listed})"
        if "file" not in schemes:
            raise ResourceError("uri_not_absolute", sentence, f"Write a full URI, such as {schemes[-1]}://….")
        raise ResourceError(
            "uri_not_absolute",
            f"{sentence}. {_USE_TEMPLATE}",
            f"Write ${{{{dexto.agent_dir}}}}/{text.removeprefix('./')[:80]}, or a full URI.",
        )
    scheme = match[1].lower()
    if scheme not in schemes:
        raise ResourceError(
            "resource_unsupported_scheme",
            f'Invalid {field} scheme "{scheme}". Must be one of: {", ".join(schemes)}',
        )
    return scheme


def _check_shape(uri: Uri, field: str) -> None:
    if uri.scheme == "file":
        _check_file(uri)
    elif not uri.host:
        raise ResourceError("uri_invalid", f"{field} names no {_authority(uri.scheme)}: {uri.scheme}://…/…")
    elif uri.scheme not in ("http", "https") and not uri.key:
        raise ResourceError("uri_invalid", f"{field} names no object in {uri.scheme}://{uri.host}/")
    if climbs(uri.path) or "\0" in fully_decoded(uri.path):
        raise ResourceError(
            "path_traversal", f'{field} climbs out of its folder with ".."', "Name the file without `..`."
        )


def _check_file(uri: Uri) -> None:
    rest = uri.text.partition(":")[2]
    if not rest.startswith("///") or uri.query or "#" in rest:
        raise ResourceError(
            "uri_file_not_absolute", "Invalid file:// URI. Must use absolute path: file:///absolute/path"
        )


def _authority(scheme: str) -> str:
    return {"s3": "bucket", "gs": "bucket", "az": "container", "postgres": "table"}.get(scheme, "host")
