"""Where the texts of a bundle lie, per target: beside it, inside of it, or among the objects of a bucket."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from builds.bundlers.contract import ObjectPlace
from builds.bundlers.resources import WORKSPACE, Pinned
from core.errors import ProjectError
from core.uris import parse

#: Files of a bundle below this are not deployed with its code: a release puts them into the bucket, by the rest as key.
OBJECTS = "objects/"
#: The bucket's name while nobody has said which one it will be.
UNBOUND = ObjectPlace("dexto-resources")
#: The data source that is added where texts become objects.
OBJECT_SOURCE = "dexto-resources"


@dataclass(frozen=True, slots=True)
class Placed:
    """Where one resource went: `uri` is what the configuration says from now on."""

    pinned: Pinned
    uri: str
    entry: Mapping[str, object]  # a BundledResource of the runtime's contract
    source: str = ""  # the data source that has it now; "" where it keeps its own


@dataclass(frozen=True, slots=True)
class Placement:
    """All of them, the files that they add to the bundle, and the data sources that they add to each agent."""

    placed: tuple[Placed, ...] = ()
    files: Mapping[str, Path] = field(default_factory=dict)
    sources: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    @property
    def moves(self) -> dict[str, Placed]:
        return {one.pinned.uri: one for one in self.placed}


Placing = Callable[[Iterable[Pinned]], Placement]


def beside(pinned: Iterable[Pinned]) -> Placement:
    """As the project's own files, which lie beside the code; what was fetched is a text inside of it."""
    placed, files = [], {}
    for one in pinned:
        uri = parse(one.uri)
        if uri.scheme == "file":
            placed.append(Placed(one, one.uri, _entry(one, path=uri.key)))
            files[uri.key] = one.place
        else:
            placed.append(_inside(one))
    return Placement(tuple(placed), files)


def inside(pinned: Iterable[Pinned]) -> Placement:
    """As texts in the code itself. Raises ProjectError for what is no text."""
    return Placement(tuple(_inside(one) for one in pinned))


def as_objects(where: ObjectPlace | None, source: Mapping[str, object]) -> Placing:
    """As objects by content, read through a data source of type s3; `source` is what it has beside its bucket."""
    bound = where or UNBOUND

    def place(pinned: Iterable[Pinned]) -> Placement:
        placed, files = [], {}
        for one in pinned:
            if one.kind == WORKSPACE:
                placed.append(_inside(one))  # no configuration names it, so none could say where it went
                continue
            key = f"{bound.prefix}{one.object_key}"
            placed.append(Placed(one, f"s3://{bound.bucket}/{quote(key)}", _entry(one), OBJECT_SOURCE))
            files[f"{OBJECTS}{key}"] = one.place
        sources = {OBJECT_SOURCE: {"type": "s3", "bucket": bound.bucket, **source}} if files else {}
        return Placement(tuple(placed), files, sources)

    return place


def _inside(one: Pinned) -> Placed:
    return Placed(one, one.uri, _entry(one, text=_text(one)))


def _entry(one: Pinned, **where: str) -> dict[str, object]:
    return {"sha256": one.sha256, "size": one.size, **where}


def _text(one: Pinned) -> str:
    try:
        return one.place.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ProjectError("resource_not_text", f"{one.uri} is not UTF-8.", "Save the file as UTF-8 text.") from error
