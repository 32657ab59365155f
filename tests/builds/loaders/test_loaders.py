"""Loaders around loaders: the project's own files, many sources, records, the cache, many at once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePosixPath
from threading import Barrier

import pytest

from builds.loaders.audited import Access, AuditedLoader
from builds.loaders.cached import CachedLoader, MemoryContentCache, pin_key
from builds.loaders.concurrent import Wanted, load_all
from builds.loaders.filesystem import FilesystemLoader
from builds.loaders.multi_source import MultiSourceLoader
from core.config.data_sources import FsSource, HttpSource
from core.errors import DextoError, ResourceError
from core.local_files import Place
from core.resources import NamedSource, Resource, ResourceLoader, load_failed, unsupported_environment
from core.tree import MemoryFiles

FS = NamedSource("fs", FsSource(type="fs"))
CDN = NamedSource("cdn", HttpSource.model_validate({"type": "http", "baseUrl": "https://cdn.example"}))
FILES = MemoryFiles.of({"p/prompts/a.md": "hello", "secret.md": "s", "p/huge.md": b"x" * 10_000_001})
PLACE = Place(PurePosixPath("/srv"), PurePosixPath("p"))
WHEN = datetime(2026, 1, 2, tzinfo=UTC)


@dataclass
class Memory:
    """A loader of what it is told; it counts how often it is asked."""

    contents: dict[str, bytes]
    asked: list[str] = field(default_factory=list)
    before: Callable[[], object] = lambda: None

    def supports(self, uri: str, source: NamedSource) -> bool:
        return source.type == "http" and uri.startswith("https:")

    def load(self, uri: str, source: NamedSource) -> Resource:
        self.asked.append(uri)
        self.before()
        if uri not in self.contents:
            raise load_failed(uri, source.name, "there is no such object (404)")
        return Resource.of(uri, self.contents[uri])


def _error(loader: ResourceLoader, uri: str, source: NamedSource) -> DextoError:
    with pytest.raises(DextoError) as caught:
        loader.load(uri, source)
    return caught.value


def test_files_of_the_project_are_loaded() -> None:
    loader = FilesystemLoader(FILES, PLACE)
    assert loader.supports("file:///srv/p/prompts/a.md", FS)
    assert loader.load("file:///srv/p/prompts/a.md", FS).text == "hello"


@pytest.mark.parametrize(
    ("uri", "code"),
    [
        ("file:///srv/secret.md", "resource_load_failed"),
        ("file:///etc/passwd", "resource_load_failed"),
        ("file:///srv/p/missing.md", "resource_load_failed"),
        ("file:///srv/p/huge.md", "resource_load_failed"),
        ("file:///srv/p/%2e%2e/secret.md", "path_traversal"),
        ("https://cdn.example/x", "resource_scheme_mismatch"),
    ],
)
def test_and_nothing_else_is(uri: str, code: str) -> None:
    assert _error(FilesystemLoader(FILES, PLACE), uri, FS).code == code


def test_many_sources_are_one_loader() -> None:
    web = Memory({"https://cdn.example/x": b"x"})
    loader = MultiSourceLoader((FilesystemLoader(FILES, PLACE), web))
    assert loader.load("https://cdn.example/x", CDN).text == "x"
    assert loader.load("file:///srv/p/prompts/a.md", FS).text == "hello"
    assert not loader.supports("ftp://x", CDN)
    assert _error(loader, "ftp://x/secret", CDN).sentence == (
        "Unsupported URI scheme: ftp. Supported: file, s3, http, https, gs, az, postgres"
    )


def test_an_environment_without_files_has_the_plans_message() -> None:
    assert unsupported_environment(FS, "serverless").sentence == (
        'DataSource "fs" uses type "fs" which is not available in serverless environments. Use S3 or HTTP instead.'
    )


@dataclass
class Log:
    records: list[Access] = field(default_factory=list)

    def record(self, access: Access) -> None:
        self.records.append(access)


def test_each_access_is_recorded_also_a_failed_one() -> None:
    log = Log()
    loader = AuditedLoader(Memory({"https://cdn.example/x": b"x"}), "team:7", log, lambda: WHEN)
    assert loader.supports("https://cdn.example/x", CDN)
    digest = loader.load("https://cdn.example/x", CDN).digest
    _error(loader, "https://cdn.example/y?token=secret", CDN)
    assert log.records == [
        Access("team:7", "cdn", "https://cdn.example/x", WHEN, digest),
        Access("team:7", "cdn", "https://cdn.example/y", WHEN, "resource_load_failed"),
    ]


def test_a_record_has_a_time() -> None:
    log = Log()
    AuditedLoader(Memory({"https://cdn.example/x": b"x"}), "me", log).load("https://cdn.example/x", CDN)
    assert log.records[0].at.tzinfo is UTC


def test_what_is_pinned_is_not_asked_for_again() -> None:
    web, cache = Memory({"https://cdn.example/x": b"old"}), MemoryContentCache()
    first = CachedLoader(web, cache)
    first.load("https://cdn.example/x", CDN)
    web.contents["https://cdn.example/x"] = b"new"
    second = CachedLoader(web, cache, pinned=first.pins)
    assert second.load("https://cdn.example/x", CDN).text == "old"
    assert second.pins == first.pins
    assert CachedLoader(web, cache).load("https://cdn.example/x", CDN).text == "new"
    assert len(web.asked) == 2


def test_a_cache_that_lies_is_not_believed() -> None:
    web, cache = Memory({"https://cdn.example/x": b"right"}), MemoryContentCache()
    pins = CachedLoader(web, cache)
    digest = pins.load("https://cdn.example/x", CDN).digest
    cache.contents[digest] = b"wrong"
    assert CachedLoader(web, cache, pinned=pins.pins).load("https://cdn.example/x", CDN).text == "right"


def test_within_one_loader_a_resource_is_asked_for_once() -> None:
    web = Memory({"https://cdn.example/x": b"x"})
    loader = CachedLoader(web, MemoryContentCache())
    assert loader.supports("https://cdn.example/x", CDN)
    assert loader.load("https://cdn.example/x", CDN) is loader.load("https://cdn.example/x", CDN)
    assert len(web.asked) == 1


def test_another_configuration_of_a_source_is_another_pin() -> None:
    other = NamedSource("cdn", HttpSource.model_validate({"type": "http", "baseUrl": "https://other"}))
    assert pin_key("https://cdn.example/x", CDN) != pin_key("https://cdn.example/x", other)


@pytest.fixture
def together() -> Iterator[Memory]:
    """A loader that answers only when eight requests are there at once."""
    barrier = Barrier(8, timeout=20)
    uris = {f"https://cdn.example/{number}": b"x" for number in range(8)}
    yield Memory(uris, before=barrier.wait)


def test_many_are_loaded_at_once(together: Memory) -> None:
    wanted = [Wanted(uri, "cdn") for uri in together.contents]
    loaded = load_all(together, wanted, {"cdn": CDN}, concurrency=8)
    assert [one.wanted for one in loaded] == wanted
    assert all(one.resource for one in loaded)


def test_every_failure_is_told_and_twins_are_asked_for_once() -> None:
    web = Memory({"https://cdn.example/x": b"x"})
    wanted = [
        Wanted("https://cdn.example/x", "cdn"),
        Wanted("https://cdn.example/x", "cdn"),
        Wanted("https://cdn.example/missing", "cdn"),
        Wanted("s3://b/x", "nope"),
    ]
    loaded = load_all(web, wanted, {"cdn": CDN})
    assert [one.error.code if one.error else "" for one in loaded] == [
        "",
        "",
        "resource_load_failed",
        "resource_unknown_data_source",
    ]
    assert str(loaded[3].error) == 'Unknown dataSource "nope". Available: cdn'
    assert sorted(web.asked) == ["https://cdn.example/missing", "https://cdn.example/x"]


def test_nothing_wanted_is_nothing_loaded() -> None:
    assert load_all(Memory({}), [], {}) == []


def test_a_content_that_is_no_text_is_said() -> None:
    with pytest.raises(ResourceError, match="not UTF-8"):
        Resource.of("https://x", b"\xff").text  # noqa: B018  # reading it is the point


def test_a_resource_does_not_show_its_content() -> None:
    assert "hello" not in repr(Resource.of("https://x", b"hello"))
