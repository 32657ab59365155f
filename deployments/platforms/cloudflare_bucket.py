"""The R2 bucket of a service: made with a proof of whose it is, filled with what a bundle brings, and taken away."""

from __future__ import annotations

from collections.abc import Callable

from builds.bundlers.placing import OBJECTS
from clients.cloudflare_r2 import Bucket
from deployments.platforms.cloud import BundleContent
from deployments.platforms.cloudflare_place import Place, taken


def prepare_bucket(place: Place) -> None:
    """Raises UserError service_name_taken; a bucket that the config names may be anybody's."""
    name, known = place.bucket, place.memory.service
    if place.r2.has(name):
        if not place.chosen_bucket and known.get("bucket") != name:
            _adopt(place)
        return
    known.put(bucket_made=name)
    place.r2.create(name, place.config.bucket_location)
    place.r2.objects(name).own(place.service.mark)
    known.put(bucket=name)


def _adopt(place: Place) -> None:
    """One whose making was interrupted goes on; another's is left alone."""
    name, objects = place.bucket, place.r2.objects(place.bucket)
    if not _is_ours(place, objects):
        raise taken(f"The R2 bucket {name}", "bucket")
    objects.own(place.service.mark)
    place.memory.service.put(bucket=name)


def _is_ours(place: Place, objects: Bucket) -> bool:
    """An empty bucket of that name whose making was noted is the one that was made then."""
    owner = objects.owner()
    if owner:
        return owner == place.service.mark
    return place.memory.service.get("bucket_made") == place.bucket and objects.is_empty()


def upload_objects(place: Place, bundle: BundleContent) -> tuple[int, int]:
    """Keys are by content: what is there is as it must be. How many of how many were sent."""
    objects: dict[str, Callable[[], bytes]] = {}
    for file in bundle.manifest.files:
        if file.path.startswith(OBJECTS):
            objects[file.path.removeprefix(OBJECTS)] = lambda file=file: bundle.content(file)  # type: ignore[misc]
    if not objects:
        return 0, 0
    bucket = place.r2.objects(place.bucket)
    missing = bucket.missing(objects)
    bucket.put({key: objects[key] for key in missing})
    return len(missing), len(objects)


def delete_bucket(place: Place) -> None:
    """With everything in it, where it was made for this service."""
    if not place.r2.has(place.bucket):
        return
    objects = place.r2.objects(place.bucket)
    if _is_ours(place, objects):
        objects.clear()
        place.r2.delete(place.bucket)
