"""Stored bundles: only what is missing, in packs, in the real object store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path

import pytest

from builds import upload
from builds.bundle import BundleFile, MadeBundle, Manifest, describe
from builds.storage import object_store
from builds.upload import BlobPlace
from core.targets import Target
from tests.progress import Said


class Index:
    """What one team's store holds."""

    def __init__(self) -> None:
        self.places: dict[str, BlobPlace] = {}

    def known(self, digests: Iterable[str]) -> set[str]:
        return self.places.keys() & set(digests)

    def add(self, places: Mapping[str, BlobPlace]) -> None:
        self.places.update(places)


def made(folder: Path, **texts: str) -> MadeBundle:
    folder.mkdir(exist_ok=True)
    places = {}
    for name, text in texts.items():
        places[f"{name}.txt"] = folder / name
        places[f"{name}.txt"].write_text(text)
    return MadeBundle(Manifest(Target.NODEJS, "a.txt", tuple(describe(places))), places)


def content(place: BlobPlace) -> bytes:
    return object_store().get(place.object_key)[place.offset : place.offset + place.size]


def test_every_file_is_found_again_by_its_digest(tmp_path: Path) -> None:
    index, bundle = Index(), made(tmp_path / "one", a="first", b="second", c="")
    key = upload.store(bundle, object_store(), index, scope="1", progress=Said())
    assert Manifest.from_json(object_store().get(key)) == bundle.manifest
    for file in bundle.manifest.files:
        assert sha256(content(index.places[file.sha256])).hexdigest() == file.sha256


def test_only_what_is_missing_is_uploaded(tmp_path: Path) -> None:
    index, said = Index(), Said()
    upload.store(made(tmp_path / "one", a="same", b="old"), object_store(), index, scope="2", progress=said)
    before = set(object_store().keys("blobs/2/"))
    upload.store(made(tmp_path / "two", a="same", b="new"), object_store(), index, scope="2", progress=said)
    assert said.lines == ["2 of 2 files are new, in 1 object.", "1 of 2 files are new, in 1 object."]
    fresh = set(object_store().keys("blobs/2/")) - before
    assert [object_store().get(key) for key in fresh] == [b"new"]


def test_two_files_of_one_content_are_one_blob(tmp_path: Path) -> None:
    index, said = Index(), Said()
    upload.store(made(tmp_path / "one", a="same", b="same"), object_store(), index, scope="3", progress=said)
    assert said.lines == ["1 of 1 files are new, in 1 object."]


def test_teams_share_no_object(tmp_path: Path) -> None:
    bundle = made(tmp_path / "one", a="the same everywhere")
    for scope in ("4", "5"):
        upload.store(bundle, object_store(), Index(), scope=scope, progress=Said())
    assert list(object_store().keys("blobs/4/"))
    assert list(object_store().keys("blobs/5/"))


@pytest.mark.parametrize(
    ("sizes", "packs"),
    [
        ([], []),
        ([1, 2, 3], [[1, 2, 3]]),
        ([upload.PACK_BYTES, 1], [[upload.PACK_BYTES], [1]]),
        ([1, upload.PACK_BYTES + 5, 1], [[1], [upload.PACK_BYTES + 5], [1]]),
        ([upload.PACK_BYTES // 2, upload.PACK_BYTES // 2, 1], [[upload.PACK_BYTES // 2] * 2, [1]]),
    ],
)
def test_packs_are_filled_in_order_and_never_overfull(sizes: list[int], packs: list[list[int]]) -> None:
    files = [BundleFile(str(number), f"{number:064x}", size) for number, size in enumerate(sizes)]
    assert [[file.size for file in pack.files] for pack in upload.packed(files)] == packs


def test_a_manifest_comes_back_as_it_was() -> None:
    manifest = Manifest(
        Target.LAMBDA, "a", (BundleFile("a", "0" * 64, 3, 0o755),), ("KEY",), ({"from": "s3://x", "to": "y"},)
    )
    again = Manifest.from_json(manifest.to_json())
    assert (again, again.digest, again.size) == (manifest, manifest.digest, 3)
