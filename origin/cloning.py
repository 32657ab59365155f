"""How builders fetch from here: over HTTP with a token of minutes, or straight from a path on this machine."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core import signing

from builds.runner.git import Source
from origin.models import OriginRepository
from projects.models import Repository

_SALT: Final = "origin.clone"
_USER: Final = "x-clone-token"


def source(repository: Repository) -> Source:
    origin = OriginRepository.objects.get(repository=repository)
    if Path(origin.path).is_dir():
        return Source(origin.path)  # the builder is on the same machine
    return Source(f"{settings.PUBLIC_URL}/git/-/{origin.pk}.git", _authorization(origin))


def may_clone(origin: OriginRepository, token: str) -> bool:
    """Whether the token is one that `source` made for this repository, for one fetch."""
    try:
        found = signing.loads(token, salt=_SALT, max_age=settings.FETCH_SECONDS)
    except signing.BadSignature:
        return False
    return bool(found == origin.pk)


def _authorization(origin: OriginRepository) -> str:
    token = signing.dumps(origin.pk, salt=_SALT)
    return f"Basic {base64.b64encode(f'{_USER}:{token}'.encode()).decode()}"
