"""Bundles on a node: fetched by digest from the real store, whole or not at all, never anything else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from threading import Barrier, Thread

import pytest

from builds import upload
from builds.bundle import BundleFile, MadeBundle, Manifest, describe
from builds.storage import object_store
from builds.upload import BlobPlace
from core.errors import PlatformError
from core.targets import Target
from deployments.nodes.bundle_cache import BundleCache, Wish
from tests.progress import Said


class Index(dict[str, BlobPlace]):
    """What a team's store holds, and what was asked of it last."""

    asked: frozenset[str] = frozenset()

    def __call__(self, digests: Iterable[str]) -> Mapping[str, BlobPlace]:
        self.asked = frozenset(digests)
        return self

    def known(self, _digests: Iterable[str]) -> set[str]:
        return set()

    def add(self, places: Mapping[str, BlobPlace]) -> None:
        self.update(places)


@pytest.fixture
def cache(tmp_path: Path) -> BundleCache:
    return BundleCache(tmp_path / "cache", object_store(), min_free_bytes=1)


@pytest.fixture
def wish(tmp_path: Path) -> Wish:
    """Two small files and a program, stored. Each test has its own: one of them spoils what is stored."""
    return stored(tmp_path)


def stored(tmp_path: Path, note: str = "# One", *, earlier: str = "") -> Wish:
    folder = tmp_path / f"made{earlier}"
    folder.mkdir()
    for name, text in {"index.mjs": f"// {tmp_path}", "one.md": note, "run": "#!/bin/sh"}.items():
        (folder / name).write_text(text)
    (folder / "run").chmod(0o755)
    places = {"index.mjs": folder / "index.mjs", "project/one.md": folder / "one.md", "bin/run": folder / "run"}
    made = MadeBundle(Manifest(Target.NODEJS, "index.mjs", tuple(describe(places))), places)
    index = Index()
    scope = sha256(str(tmp_path).encode()).hexdigest()[:12]
    key = upload.store(made, object_store(), index, scope=scope, progress=Said())
    return Wish(made.manifest.digest, key, index, earlier)


def refused(cache: BundleCache, wish: Wish) -> str:
    with pytest.raises(PlatformError) as caught:
        cache.fetch(wish)
    assert not cache.has(wish.digest)
    assert not cache.folder.exists() or not list(cache.folder.iterdir()), "nothing half-written stays"
    return caught.value.code


def test_a_bundle_is_there_with_its_names_and_modes(cache: BundleCache, wish: Wish) -> None:
    folder = cache.fetch(wish)
    assert (folder / "project" / "one.md").read_text() == "# One"
    assert (folder / "bin" / "run").stat().st_mode & 0o777 == 0o555
    assert (folder / "index.mjs").stat().st_mode & 0o111 == 0
    assert cache.has(wish.digest)


def test_what_is_here_is_not_fetched_again(cache: BundleCache, wish: Wish) -> None:
    folder = cache.fetch(wish)
    assert cache.fetch(replace(wish, manifest_key="not/there")) == folder


def test_what_the_bundle_before_had_is_the_same_file_and_only_the_rest_is_fetched(
    cache: BundleCache, wish: Wish, tmp_path: Path
) -> None:
    before = cache.fetch(wish)
    newer = stored(tmp_path, "# Two", earlier=wish.digest)
    folder = cache.fetch(newer)
    assert (folder / "bin" / "run").samefile(before / "bin" / "run")
    assert (folder / "project" / "one.md").read_text() == "# Two"
    assert newer.places.asked == {sha256(b"# Two").hexdigest()}


def test_a_file_of_the_bundle_before_that_was_written_to_is_fetched_anew(
    cache: BundleCache, wish: Wish, tmp_path: Path
) -> None:
    spoiled = cache.fetch(wish) / "bin" / "run"
    spoiled.chmod(0o755)
    spoiled.write_text("#!/bin/evil")
    folder = cache.fetch(stored(tmp_path, "# Two", earlier=wish.digest))
    assert (folder / "bin" / "run").read_text() == "#!/bin/sh"


def test_a_bundle_before_that_is_not_here_is_no_hindrance(cache: BundleCache, tmp_path: Path) -> None:
    folder = cache.fetch(stored(tmp_path, earlier="0" * 64))
    assert (folder / "bin" / "run").read_text() == "#!/bin/sh"


def test_spoiled_content_is_refused(cache: BundleCache, wish: Wish) -> None:
    place = wish.places[sha256(b"# One").hexdigest()]
    body = bytearray(object_store().get(place.object_key))
    body[place.offset] ^= 1
    object_store().put(place.object_key, bytes(body))
    assert refused(cache, wish) == "bundle_corrupt"


def test_a_spoiled_manifest_is_refused(cache: BundleCache, wish: Wish) -> None:
    object_store().put(wish.manifest_key, object_store().get(wish.manifest_key).replace(b"one.md", b"two.md"))
    assert refused(cache, wish) == "bundle_corrupt"


def test_content_that_is_cut_short_is_refused(cache: BundleCache, wish: Wish) -> None:
    place = next(iter(wish.places.values()))
    object_store().put(place.object_key, object_store().get(place.object_key)[:3])
    assert refused(cache, wish) == "bundle_corrupt"


def test_a_blob_that_nobody_knows_is_refused(cache: BundleCache, wish: Wish) -> None:
    assert refused(cache, replace(wish, places=Index())) == "bundle_corrupt"


def test_an_object_that_is_gone_is_said(cache: BundleCache, wish: Wish) -> None:
    object_store().delete(next(iter(wish.places.values())).object_key)
    assert refused(cache, wish) == "object_missing"


def test_a_full_disk_is_said_and_nothing_is_written(cache: BundleCache, wish: Wish) -> None:
    assert refused(replace(cache, min_free_bytes=1 << 60), wish) == "disk_full"


@pytest.mark.parametrize("path", ["../outside", "/etc/cron.d/evil", "a/../../outside", ""])
def test_a_manifest_that_names_a_path_outside_is_refused(cache: BundleCache, wish: Wish, path: str) -> None:
    digest = sha256(b"# One").hexdigest()
    manifest = Manifest(Target.NODEJS, path, (BundleFile(path, digest, 5),))
    key = f"{wish.manifest_key}.evil"
    object_store().put(key, manifest.to_json())
    assert refused(cache, Wish(manifest.digest, key, wish.places)) == "bundle_corrupt"
    assert not (cache.folder.parent / "outside").exists()


def test_two_who_fetch_at_once_find_the_same_folder(cache: BundleCache, wish: Wish) -> None:
    start = Barrier(4)
    found: list[Path] = []

    def fetch() -> None:
        start.wait()
        found.append(cache.fetch(wish))

    threads = [Thread(target=fetch) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [cache.path(wish.digest)] * 4
    assert [entry.name for entry in cache.folder.iterdir()] == [wish.digest]
