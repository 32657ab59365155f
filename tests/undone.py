"""Many things tried on the same rows: each finds them as they were made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction


@contextmanager
def undone() -> Iterator[None]:
    """What is done within is undone at the end of it. Rows are made once, which takes longer than to ask for them."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
