"""The port to object storage: immutable objects by key. What vendor serves it is a setting's affair."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from core.errors import AwayError, PlatformError


class ObjectMissingError(PlatformError):
    """There is no object under the key."""

    def __init__(self, key: str) -> None:
        super().__init__("object_missing", f"The object {key} is not in the store.", "Restore the bucket, or redeploy.")


class ObjectStoreError(PlatformError):
    """The store did not do what it was asked to; trying again may help."""

    def __init__(self, verb: str, key: str, reason: str) -> None:
        super().__init__(
            "object_store_failed",
            f"The object store could not {verb} {key}: {reason}",
            "Check S3_ENDPOINT_URL, the bucket and its credentials, and that the store has room.",
        )
        self.reason = reason  # the store's own code


class ObjectStoreAwayError(ObjectStoreError, AwayError):
    """Nobody answered, or with an error of the store's own."""


class ObjectStore(Protocol):
    """Raises ObjectMissingError and ObjectStoreError, and nothing of the vendor's."""

    def put(self, key: str, content: bytes, *, content_type: str = "application/octet-stream") -> None: ...

    def get(self, key: str) -> bytes: ...

    def exists(self, key: str) -> bool: ...

    def delete(self, key: str) -> None:
        """Not an error where there is none."""
        ...

    def address(self, key: str, *, seconds: int) -> str:
        """A URL by which anybody reads it, for so long."""
        ...

    def keys(self, prefix: str) -> Iterator[str]: ...

    def ensure_bucket(self) -> None: ...
