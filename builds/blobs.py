"""Which contents a team's store holds, and where: rows of the database behind the index of `builds.upload`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from django.db import connection, transaction
from django.db.models import Sum

from builds import upload
from builds.models import Blob
from projects.models import Team
from projects.quotas import STORED_BYTES

_KNOWN: Final = "UPDATE builds_blob SET used_at = now() WHERE team_id = %s AND sha256 = ANY(%s) RETURNING sha256"


class TeamBlobs:
    """The blobs of one team: the only index in which a build may find content again."""

    def __init__(self, team: Team) -> None:
        self._team = team

    def known(self, digests: Iterable[str]) -> set[str]:
        """Touches them in the same breath: no sweep takes what this build is going to name."""
        with connection.cursor() as cursor:
            cursor.execute(_KNOWN, [self._team.pk, list(digests)])
            return {row[0] for row in cursor.fetchall()}

    def add(self, places: Mapping[str, upload.BlobPlace]) -> None:
        """Raises UserError quota_stored_bytes: what was uploaded for it belongs to nobody then, and is swept."""
        with transaction.atomic():
            self.require_room(sum(one.size for one in places.values()))
            self._create(places)

    def require_room(self, size: int) -> None:
        """For `size` bytes more. Raises UserError quota_stored_bytes."""
        with transaction.atomic():
            STORED_BYTES.require(self._team, self._stored, more=size)

    def _stored(self) -> int:
        return int(Blob.objects.for_team(self._team).aggregate(size=Sum("size"))["size"] or 0)

    def _create(self, places: Mapping[str, upload.BlobPlace]) -> None:
        Blob.objects.bulk_create(
            [
                Blob(
                    team=self._team,
                    sha256=digest,
                    size=one.size,
                    object_key=one.object_key,
                    offset=one.offset,
                )
                for digest, one in places.items()
            ],
            ignore_conflicts=True,
        )
