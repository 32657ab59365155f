"""R2 of one Cloudflare account: buckets by Cloudflare's API, objects by S3's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Final, TypeVar

from clients.cloudflare import Cloudflare
from clients.cloudflare_accounts import token_id
from clients.object_store import ObjectMissingError, ObjectStoreError
from clients.s3_store import S3Store
from core.errors import UserError

#: What holds the mark of who made the bucket: R2 has no tags for buckets.
OWNER: Final = ".dexto-cloud"
_REFUSED: Final = ("401", "403", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "Unauthorized")
_AT_ONCE: Final = 8
_Done = TypeVar("_Done")


@dataclass(frozen=True)
class R2:
    """`endpoint` is S3's of the account, "" for the usual one."""

    cloudflare: Cloudflare
    account: str
    endpoint: str = ""
    _opened: dict[str, Bucket] = field(default_factory=dict, repr=False, compare=False)

    def has(self, bucket: str) -> bool:
        return self.cloudflare.found(f"{self._root}/{bucket}") is not None

    def create(self, bucket: str, location: str = "") -> None:
        """Not sent a second time: whoever lost the answer looks."""
        hint = {"locationHint": location} if location else {}
        self.cloudflare.ask("POST", self._root, json={"name": bucket, **hint})

    def delete(self, bucket: str) -> None:
        """It must be empty."""
        self.cloudflare.gone(f"{self._root}/{bucket}")

    def objects(self, bucket: str) -> Bucket:
        """S3's client is slow to make, and is made once."""
        if bucket not in self._opened:
            key, secret = self._keys
            endpoint = self.endpoint or f"https://{self.account}.r2.cloudflarestorage.com"
            self._opened[bucket] = Bucket(S3Store(bucket, key, secret, endpoint), self.cloudflare.check)
        return self._opened[bucket]

    @cached_property
    def _keys(self) -> tuple[str, str]:
        """Cloudflare derives S3's keys from the token: its id, and the SHA-256 of its value."""
        id_ = token_id(self.cloudflare, self.account)
        return id_, sha256(self.cloudflare.token.encode()).hexdigest()

    @property
    def _root(self) -> str:
        return f"/accounts/{self.account}/r2/buckets"


@dataclass(frozen=True)
class Bucket:
    store: S3Store
    check: Callable[[], None] = field(repr=False)

    def owner(self) -> str:
        """The mark of who made it, "" where it has none."""
        try:
            with _refusals():
                return self.store.get(OWNER).decode(errors="replace")
        except ObjectMissingError:
            return ""

    def own(self, mark: str) -> None:
        with _refusals():
            self.store.put(OWNER, mark.encode(), content_type="text/plain")

    def is_empty(self) -> bool:
        with _refusals():
            return next(iter(self.store.keys("")), None) is None

    def missing(self, keys: Iterable[str]) -> list[str]:
        """Those of the keys that it does not have."""
        wanted = list(keys)
        with _refusals():
            return [
                key for key, there in zip(wanted, self._at_once(self.store.exists, wanted), strict=True) if not there
            ]

    def put(self, objects: Mapping[str, Callable[[], bytes]]) -> None:
        """Content is read as it is sent."""
        with _refusals():
            for _ in self._at_once(lambda key: self.store.put(key, objects[key]()), objects):
                pass

    def clear(self) -> None:
        """Everything in it, the owner's mark last."""
        with _refusals():
            for _ in self._at_once(self.store.delete, (key for key in self.store.keys("") if key != OWNER)):
                pass
            self.store.delete(OWNER)

    def _at_once(self, work: Callable[[str], _Done], keys: Iterable[str]) -> Iterator[_Done]:
        """In the keys' order; what has not begun is left undone where this ends early."""
        pool = ThreadPoolExecutor(_AT_ONCE)
        try:
            for future in [pool.submit(work, key) for key in keys]:
                self.check()
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def _refusals() -> Iterator[None]:
    """What S3 says of a token that may not, as Cloudflare's API says it."""
    try:
        yield
    except ObjectStoreError as error:
        if error.reason not in _REFUSED:
            raise
        raise UserError(
            "credential_refused",
            f"R2 does not accept the token ({error.reason}).",
            "Give the token the permission Workers R2 Storage: Edit, or enter another one.",
        ) from error
