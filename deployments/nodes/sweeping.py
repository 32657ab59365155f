"""What a node removes from its own disk: bundles that none of its agents runs, memories of projects that are gone."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from deployments.models import Destination, Instance, Node, Observed, Wanted
from deployments.nodes.supervision import Places

EVERY_SECONDS: Final = 600
_UNUSED_SECONDS: Final = 3_600
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


def sweep(node: Node, places: Places) -> int:
    """How many folders were removed. Only what is ours by its name, and only what was left alone for an hour."""
    removed = 0
    for folder in _unused_bundles(node, places.data / "bundles"):
        shutil.rmtree(_moved_aside(folder), ignore_errors=True)
        removed += 1
    for folder in _forgotten_memories(places.data / "state"):
        shutil.rmtree(folder, ignore_errors=True)
        removed += 1
    return removed


def _unused_bundles(node: Node, folder: Path) -> Iterator[Path]:
    gone = Q(wanted=Wanted.GONE, observed=Observed.GONE)
    used = Instance.objects.filter(node=node).exclude(gone).values_list("deployment__bundle__digest", flat=True)
    in_use = set(used)
    for path in _folders(folder):
        is_left_alone = time.time() - path.stat().st_mtime > _UNUSED_SECONDS
        is_ours = _DIGEST.fullmatch(path.name) or path.name.startswith((".fetch-", ".gone-"))
        if is_ours and is_left_alone and path.name not in in_use:
            yield path


def _forgotten_memories(folder: Path) -> Iterator[Path]:
    """An agent's memory goes only when its project was deleted, and some days after that."""
    cutoff = Now() - timedelta(days=settings.DELETED_PROJECT_DAYS)
    kept = Destination.objects.exclude(project__deleted_at__lt=cutoff).values_list("pk", flat=True)
    known = {str(pk) for pk in kept}
    for path in _folders(folder):
        if path.name.isdigit() and path.name not in known:
            yield path


def _moved_aside(folder: Path) -> Path:
    """By one rename, so that nobody ever finds half a bundle."""
    aside = folder.with_name(f".gone-{folder.name.lstrip('.')}-{os.getpid()}")
    return folder.rename(aside)


def _folders(folder: Path) -> Iterator[Path]:
    yield from (path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else ()
