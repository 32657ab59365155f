"""From refs that moved to signed deliveries: what github.com would send, through the same endpoint."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from clients.deliveries import SignedDelivery, send
from origin import repositories
from origin.models import HOST, KIND, LONGEST_REF, Announcement, OriginRef, OriginRepository
from origin.repositories import NULL
from projects import operations
from projects.leases import Lease
from projects.models import Operation
from webhooks.signatures import sign

log = structlog.get_logger(__name__)
_PATIENCE = timedelta(minutes=1)  # until what was given up is tried again: it may be refused for good


def announce(origin: OriginRepository, *, pusher: str = "") -> int:
    """Notes every ref that differs from what was announced; returns how many. Safe to call at any time."""
    with transaction.atomic():
        OriginRepository.objects.select_for_update().get(pk=origin.pk)
        known = dict(OriginRef.objects.filter(origin=origin).values_list("name", "sha"))
        there = repositories.refs(Path(origin.path))
        moved = [name for name in known.keys() | there.keys() if known.get(name) != there.get(name) and _fits(name)]
        for name in sorted(moved):
            _note_all(origin, name, known.get(name, NULL), there.get(name, NULL), pusher)
    return len(moved)


def announce_all() -> None:
    """What was pushed while nobody looked: to a registered path, or just before a crash."""
    for origin in OriginRepository.objects.select_related("team").order_by("pk"):
        if Path(origin.path).is_dir():
            announce(origin)
    _take_up_again()


def _take_up_again() -> None:
    """What was given up while the intake was away for long: it is no reason that a push is never told of."""
    open_or_just_ended = Q(finished_at=None) | Q(finished_at__gt=Now() - _PATIENCE)
    tried = Operation.objects.filter(open_or_just_ended, kind=KIND).values("subject_id")
    given_up = Announcement.objects.filter(sent_at=None).exclude(origin_id__in=tried)
    for announcement in given_up.order_by("origin_id").distinct("origin_id").select_related("team"):
        operations.enqueue(announcement.team, KIND, announcement.origin_id, f"announce-again:{uuid4()}")


def run(lease: Lease) -> None:
    """The operation: sends what waits for one repository, oldest first."""
    origin = OriginRepository.objects.select_related("repository").get(pk=lease.subject_id)
    for announcement in Announcement.objects.filter(origin=origin, sent_at=None).order_by("pk"):
        lease.check()
        send(_delivery(origin, announcement))
        with lease.transaction():
            Announcement.objects.filter(pk=announcement.pk).update(sent_at=Now())


def payload(origin: OriginRepository, announcement: Announcement) -> dict[str, Any]:
    """GitHub's push event, with those of its fields that mean something here."""
    repository = origin.repository
    gone = announcement.after == NULL
    found = None if gone else repositories.commit(Path(origin.path), announcement.after)
    head = _commit(found) if found else None
    return {
        "ref": announcement.ref,
        "before": announcement.before,
        "after": announcement.after,
        "created": announcement.before == NULL,
        "deleted": gone,
        "forced": False,
        "compare": "",
        "commits": [head] if head else [],
        "head_commit": head,
        "pusher": {"name": announcement.pusher},
        "repository": {
            "id": repository.external_id,
            "name": repository.full_name.rpartition("/")[2],
            "full_name": repository.full_name,
            "default_branch": repository.default_branch,
            "private": True,
        },
    }


def _fits(name: str) -> bool:
    """A name that no code host would take must not keep the others of its repository from being told."""
    if len(name) > LONGEST_REF:
        log.warning("a ref's name is too long", characters=len(name))
    return len(name) <= LONGEST_REF


def _note_all(origin: OriginRepository, name: str, before: str, after: str, pusher: str) -> None:
    """Each push of its own, also where nobody could look in between: of somebody else's repository only the last."""
    steps = repositories.moves(Path(origin.path), name, before, after) if origin.hosted else [(before, after)]
    for old, new in steps:
        _note(origin, name, old, new, pusher)


def _note(origin: OriginRepository, name: str, before: str, after: str, pusher: str) -> None:
    if after == NULL:
        OriginRef.objects.filter(origin=origin, name=name).delete()
    else:
        OriginRef.objects.update_or_create(origin=origin, name=name, defaults={"team": origin.team, "sha": after})
    announcement = Announcement.objects.create(
        team=origin.team, origin=origin, guid=uuid4(), ref=name, before=before, after=after, pusher=pusher
    )
    operations.enqueue(origin.team, KIND, origin.pk, f"announce:{announcement.pk}")


def _delivery(origin: OriginRepository, announcement: Announcement) -> SignedDelivery:
    body = json.dumps(payload(origin, announcement)).encode()
    return SignedDelivery(
        url=f"{settings.INTAKE_URL}/webhooks/github",
        guid=str(announcement.guid),
        event="push",
        host=HOST,
        body=body,
        signature=sign(settings.WEBHOOK_SECRET, body),
    )


def _commit(found: repositories.Commit) -> dict[str, Any]:
    person = {"name": found.author_name, "email": found.author_email}
    return {"id": found.sha, "message": found.message, "timestamp": found.at, "author": person, "committer": person}
