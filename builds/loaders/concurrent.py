"""Many resources at once, with a limit."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from core.errors import DextoError
from core.resources import NamedSource, Resource, ResourceLoader, unknown_data_source

#: Enough to hide the latency of any server, few enough not to be a burden to one.
CONCURRENCY = 24


@dataclass(frozen=True, slots=True)
class Wanted:
    """A resource to load; `source` is the data source's name."""

    uri: str
    source: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of loading one: a resource, or why there is none."""

    wanted: Wanted
    resource: Resource | None
    error: DextoError | None = None


def load_all(
    loader: ResourceLoader,
    wanted: Iterable[Wanted],
    sources: Mapping[str, NamedSource],
    *,
    concurrency: int = CONCURRENCY,
) -> list[Loaded]:
    """Loads many at once, each of them once, in the order of the wishes; every failure is told."""
    wishes = list(wanted)
    unique = list(dict.fromkeys(wishes))
    if not unique:
        return []
    with ThreadPoolExecutor(max_workers=min(concurrency, len(unique)), thread_name_prefix="load") as pool:
        results = dict(zip(unique, pool.map(lambda one: _load(loader, one, sources), unique), strict=True))
    return [results[one] for one in wishes]


def _load(loader: ResourceLoader, wanted: Wanted, sources: Mapping[str, NamedSource]) -> Loaded:
    source = sources.get(wanted.source)
    if source is None:
        return Loaded(wanted, None, unknown_data_source(wanted.source, sources))
    try:
        return Loaded(wanted, loader.load(wanted.uri, source))
    except DextoError as error:
        return Loaded(wanted, None, error)
