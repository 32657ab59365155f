"""What people do to targets and deliveries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from clients.rate_limits import Limit
from core.errors import UserError
from deployments.models import (
    NOTIFICATION_STATES,
    Notification,
    NotificationStatus,
    NotificationTarget,
    TargetKind,
)
from deployments.notifying import facts, queue, telling
from deployments.notifying.channels import CHANNELS
from deployments.notifying.channels.webhook import new_secret
from deployments.notifying.events import CHOICES, Event
from deployments.notifying.signing import sealed_beside
from projects.actions import audit
from projects.models import Project, SecretVersion, Team, User
from projects.secrets import seal

_LONGEST_NAME: Final = 50
_MOST: Final = 50
#: A test is sent while somebody waits for it, by a process that serves pages.
_TESTS: Final = Limit("notification-test", "10/minute")


@dataclass(frozen=True, slots=True)
class Wish:
    """A target as a form says it; no project is all of the team's."""

    kind: str
    name: str
    address: str
    events: tuple[str, ...]
    project: Project | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """`secret` signs what is sent there, and is known to nobody else; "" where nothing is signed."""

    target: NotificationTarget
    secret: str


def add(team: Team, wish: Wish, *, actor: User | None) -> Made:
    """Raises UserError. The secret is shown this once."""
    kind, name, events = _kind(wish.kind), _name(wish.name), _events(wish.events)
    channel = CHANNELS[kind]
    address = channel.checked(wish.address)
    secret = new_secret() if channel.is_signed else ""
    try:
        with transaction.atomic():
            _require_room(team)
            target: NotificationTarget = NotificationTarget.objects.create(
                team=team,
                project=wish.project,
                kind=kind,
                name=name,
                events=events,
                address=seal(team, address),
                shown=channel.shown(address)[:254],
                signing=seal(team, secret) if secret else None,
                created_by=actor,
            )
            audit(team, actor, "notification.added", name, kind=kind, events=events, project=_slug(wish.project))
    except IntegrityError as error:
        raise UserError("name_taken", f"There is a target {name} already.", "Choose another name.") from error
    target.refresh_from_db()
    return Made(target, secret)


def change_events(target: NotificationTarget, events: Iterable[str], *, actor: User | None) -> None:
    """Raises UserError."""
    chosen = _events(events)
    with transaction.atomic():
        NotificationTarget.objects.filter(pk=target.pk).update(events=chosen)
        audit(target.team, actor, "notification.changed", target.name, events=chosen)


def roll_secret(target: NotificationTarget, *, actor: User | None) -> str:
    """Another secret, shown this once. The one before signs as well for a day, and any older one no more. Raises
    UserError."""
    if not CHANNELS[TargetKind(target.kind)].is_signed:
        raise UserError(
            "notification_unsigned",
            f"What {target.name} is sent is not signed, so it has no secret.",
            "Remove it and add it anew where its address is known to others.",
        )
    fresh = new_secret()
    with transaction.atomic():
        locked: NotificationTarget = NotificationTarget.objects.living().select_for_update().get(pk=target.pk)
        before, after = locked.signing, sealed_beside(locked, fresh)
        NotificationTarget.objects.filter(pk=target.pk).update(signing=after)
        SecretVersion.objects.filter(pk__in=[before.pk] if before else []).update(revoked_at=Now())
        audit(target.team, actor, "notification.secret_rolled", target.name)
    return fresh


def pause(target: NotificationTarget, *, actor: User | None) -> None:
    with transaction.atomic():
        telling.pause(target)
        audit(target.team, actor, "notification.paused", target.name)


def resume(target: NotificationTarget, *, actor: User | None) -> None:
    """From now on it is told again. What happened meanwhile was not written down."""
    with transaction.atomic():
        NotificationTarget.objects.filter(pk=target.pk).update(paused_at=None, paused_because="")
        audit(target.team, actor, "notification.resumed", target.name)


def remove(target: NotificationTarget, *, actor: User | None) -> None:
    """Its address and its secret can be opened by nobody any more; its deliveries stay in the ledger for a while."""
    with transaction.atomic():
        telling.pause(target)
        versions = [pk for pk in (target.address_id, target.signing_id) if pk]
        SecretVersion.objects.filter(pk__in=versions).update(revoked_at=Now())
        NotificationTarget.objects.filter(pk=target.pk).update(removed_at=Now())
        audit(target.team, actor, "notification.removed", target.name)


def test(target: NotificationTarget, *, actor: User | None) -> Notification:
    """Sends at once and once, also where it is paused; the row that comes back says how it went. Raises UserError."""
    if not _TESTS.hit(settings.REDIS_URL, str(target.team_id)):
        raise UserError("too_many_tests", "Ten tests a minute are enough.", "Wait a minute, then press it again.")
    row: Notification = Notification.objects.create(
        team=target.team,
        target=target,
        project=target.project,
        event=Event.TEST,
        key=f"test:{uuid4().hex}",
        payload=facts.of_test(target, actor),
    )
    audit(target.team, actor, "notification.tested", target.name)
    telling.tell(target, [row])
    row.refresh_from_db()
    return row


def resend(row: Notification, *, actor: User | None) -> None:
    """Under the same id, so that a receiver that took it already can tell. Raises UserError."""
    if row.target.removed_at or row.target.paused_at:
        raise UserError(
            "target_paused",
            f"{row.target.name} is told nothing now.",
            "Resume it first, or add it anew where it was removed.",
        )
    with transaction.atomic():
        rows = Notification.objects.filter(pk=row.pk)
        if NOTIFICATION_STATES.move(rows, to=NotificationStatus.WAITING, attempts=0, due_at=Now(), sent_at=None):
            audit(row.team, actor, "notification.resent", row.target.name, delivery=str(row.public_id))
            queue.ask(row.target)


def _kind(text: str) -> TargetKind:
    if text not in TargetKind.values:
        raise UserError(
            "notification_kind", f"{text[:50]!r} is no way to be told.", f"Choose {', '.join(TargetKind.values)}."
        )
    return TargetKind(text)


def _name(text: str) -> str:
    name = text.strip()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise UserError(
            "name_invalid", "A target needs a name of up to 50 characters.", "Name who is told, such as on-call."
        )
    return name


def _events(texts: Iterable[str]) -> list[str]:
    """In the registry's order, each once."""
    given = set(texts)
    if not given or not given <= set(CHOICES):
        raise UserError(
            "notification_events",
            "A target is told of at least one event, of those that there are.",
            f"Choose of {', '.join(CHOICES)}.",
        )
    return [event.value for event in CHOICES if event in given]


def _require_room(team: Team) -> None:
    if NotificationTarget.objects.living().for_team(team).count() >= _MOST:
        raise UserError(
            "too_many_targets", f"The team has its {_MOST} targets.", "Remove one that nobody reads any more."
        )


def _slug(project: Project | None) -> str:
    return project.slug if project else ""
