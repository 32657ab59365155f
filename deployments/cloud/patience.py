"""Work at a vendor that must be done in the end: what may pass is waited for, and said meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

import structlog
from django.utils import timezone

from core.errors import PlatformError
from projects.leases import HandedBackError, Lease, LeaseLostError, PostponedError

log = structlog.get_logger(__name__)
_LONGEST_PAUSE_SECONDS: Final = 600
_PATIENCE: Final = timedelta(hours=24)


@contextmanager
def patiently(lease: Lease, say: Callable[[dict[str, object]], None]) -> Iterator[None]:
    """A PlatformError in the block postpones it, a day at the longest; `say` notes it for the pages."""
    try:
        yield
    except (PostponedError, LeaseLostError, HandedBackError):
        raise
    except PlatformError as error:
        if timezone.now() - lease.operation.created_at > _PATIENCE:
            raise
        tries = int(lease.operation.handle.get("tries", 0)) + 1
        lease.remember(tries=tries)
        with lease.transaction():
            say(error.as_dict())
        log.warning("postponed", tries=tries, code=error.code, error=error.sentence)
        raise PostponedError(min(2**tries, _LONGEST_PAUSE_SECONDS)) from error
