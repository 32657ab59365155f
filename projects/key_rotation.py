"""Putting every value's key under the installation's first key, so that older ones may be removed.

Each batch is a transaction of its own and the rows say what is left: whoever is interrupted goes on where it ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Count

from core.errors import PlatformError
from projects.models import SecretVersion
from projects.secrets import first_key, rewrapped

BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class KeyUse:
    """One key, configured or only named by rows, and how many values it wraps."""

    key_id: str
    values: int
    is_configured: bool
    is_first: bool

    @property
    def may_be_removed(self) -> bool:
        return self.is_configured and not self.is_first and self.values == 0

    @property
    def meaning(self) -> str:
        if self.is_first:
            return "encrypts"
        if not self.is_configured:
            return "missing: add it to DEXTO_ENCRYPTION_KEYS again"
        return "may be removed" if self.may_be_removed else "only decrypts: `keys rotate` frees it"


def uses() -> list[KeyUse]:
    """The configured keys in their order, then those that rows name and nobody configured."""
    counts = SecretVersion.objects.values("key_id").annotate(values=Count("pk")).order_by("key_id")
    values = {row["key_id"]: row["values"] for row in counts}
    first, _key = first_key()
    named = [*settings.ENCRYPTION_KEYS, *(key_id for key_id in values if key_id not in settings.ENCRYPTION_KEYS)]
    return [KeyUse(one, values.get(one, 0), one in settings.ENCRYPTION_KEYS, one == first) for one in named]


def rotate(*, batch: int = BATCH) -> Iterator[int]:
    """How many values were put under the first key, batch by batch. Raises PlatformError secret_unreadable or
    encryption_key_missing at the end, once everything else was done."""
    older = [key_id for key_id in settings.ENCRYPTION_KEYS if key_id != first_key()[0]]
    after, failed = 0, None
    while True:
        with transaction.atomic():
            rows = SecretVersion.objects.filter(key_id__in=older, pk__gt=after).order_by("pk").select_for_update()
            versions = list(rows[:batch])
            done, error = _rewrap(versions)
        if not versions:
            break
        after, failed = versions[-1].pk, failed or error
        yield done
    if failed:
        raise failed
    _refuse_unknown_keys()


def _rewrap(versions: list[SecretVersion]) -> tuple[int, PlatformError | None]:
    """One row that does not decrypt must not keep the others under an old key."""
    done, failed = [], None
    for version in versions:
        try:
            done.append(rewrapped(version))
        except PlatformError as error:
            failed = error
    SecretVersion.objects.bulk_update(done, ["key_id", "wrapped_key"])
    return len(done), failed


def _refuse_unknown_keys() -> None:
    missing = [use for use in uses() if not use.is_configured]
    if missing:
        raise PlatformError(
            "encryption_key_missing",
            f"{missing[0].values} values are wrapped by the key {missing[0].key_id}, which is not configured.",
            "Add it to DEXTO_ENCRYPTION_KEYS again, then run `dexto-cloud keys rotate` once more.",
        )
