"""The secrets that sign what a webhook is sent. After another is made the one before signs too, for a day.

Both are one sealed value, the newest first: when the day began is when that value was sealed.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.utils import timezone

from deployments.models import NotificationTarget
from projects.models import SecretVersion
from projects.secrets import seal, unseal

BOTH_FOR: Final = timedelta(hours=24)


def secrets_of(target: NotificationTarget) -> tuple[str, ...]:
    """Those that sign now, the newest first; none where nothing is signed."""
    kept = _kept(target.signing)
    is_over = target.signing is not None and timezone.now() - target.signing.created_at >= BOTH_FOR
    return kept[:1] if is_over else kept


def sealed_beside(target: NotificationTarget, fresh: str) -> SecretVersion:
    """The new one, with the newest before it."""
    return seal(target.team, " ".join((fresh, *_kept(target.signing)[:1])))


def _kept(version: SecretVersion | None) -> tuple[str, ...]:
    return tuple(unseal(version).split()) if version else ()
