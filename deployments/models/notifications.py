"""Whom a team has told of what happens, and each thing that was told: the ledger."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Now

from projects.models import Project, SecretVersion, TeamOwned, TeamQuerySet, User
from projects.states import StateTable


class TargetKind(models.TextChoices):
    EMAIL = "email", "E-mail"
    SLACK = "slack", "Slack"
    DISCORD = "discord", "Discord"
    WEBHOOK = "webhook", "Webhook"


class NotificationTargetQuerySet(TeamQuerySet["NotificationTarget"]):
    def living(self) -> NotificationTargetQuerySet:
        return self.filter(removed_at=None)

    def of_project(self, project: Project | int) -> NotificationTargetQuerySet:
        """Its own, and those of the whole team."""
        return self.filter(Q(project=project) | Q(project=None))

    def listening(self, team: int, project: int | None, event: str) -> NotificationTargetQuerySet:
        """Who is told of an event; None is the team's own, of no project."""
        rows = self.living().filter(team=team, paused_at=None, events__contains=[event])
        return rows.of_project(project) if project else rows.filter(project=None)

    def with_last(self) -> NotificationTargetQuerySet:
        """With how its newest delivery stands: `last_status`, `last_answer` and `last_at`."""
        newest = Notification.objects.filter(target=OuterRef("pk")).order_by("-pk")
        return self.annotate(
            last_status=Subquery(newest.values("status")[:1]),
            last_answer=Subquery(newest.values("answer")[:1]),
            last_at=Subquery(newest.values("created_at")[:1]),
        )


class NotificationTarget(TeamOwned):
    """Where messages go. Its address is sealed: who has a chat's URL may write there. `shown` is no secret."""

    project = models.ForeignKey(Project, null=True, on_delete=models.CASCADE, related_name="+")  # None: all of them
    kind = models.CharField(max_length=10, choices=TargetKind.choices)
    name = models.CharField(max_length=50)
    events = models.JSONField(default=list)
    address = models.ForeignKey(SecretVersion, on_delete=models.PROTECT, related_name="+")
    shown = models.CharField(max_length=254)
    signing = models.ForeignKey(SecretVersion, null=True, on_delete=models.PROTECT, related_name="+")
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    paused_at = models.DateTimeField(null=True)
    paused_because = models.CharField(max_length=200, blank=True)  # "" where a person did it
    removed_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = NotificationTargetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "name"], condition=Q(removed_at=None), name="one_living_notification_target_per_name"
            )
        ]

    def __str__(self) -> str:
        return self.name


class NotificationStatus(models.TextChoices):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed", "Gave up"


#: A person may have any that ended sent once more.
NOTIFICATION_STATES = StateTable(
    {
        NotificationStatus.WAITING: {NotificationStatus.SENT, NotificationStatus.FAILED},
        NotificationStatus.SENT: {NotificationStatus.WAITING},
        NotificationStatus.FAILED: {NotificationStatus.WAITING},
    }
)


class Notification(TeamOwned):
    """One event for one target. `payload` is what was so when it happened; `attempts` also fences who sends it."""

    public_id = models.UUIDField(default=uuid4, unique=True)  # stays the same however often it is sent
    target = models.ForeignKey(NotificationTarget, on_delete=models.CASCADE, related_name="notifications")
    project = models.ForeignKey(Project, null=True, on_delete=models.CASCADE, related_name="+")
    event = models.CharField(max_length=40)
    key = models.CharField(max_length=100)  # of what happened: told of twice it is one row
    payload = models.JSONField()
    status = models.CharField(
        max_length=10, choices=NotificationStatus.choices, default=NotificationStatus.WAITING, db_default="waiting"
    )
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(db_default=Now())
    message = models.UUIDField(null=True)  # shared by those that were summed up in one
    answer_status = models.PositiveSmallIntegerField(null=True)  # of HTTP, where there was one
    answer = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = TeamQuerySet["Notification"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["target", "key"], name="one_notification_per_target_and_event")]
        indexes = [
            models.Index(fields=["target", "due_at"], condition=Q(status="waiting"), name="notifications_to_send"),
            models.Index(fields=["target", "sent_at"], condition=Q(status="sent"), name="notifications_sent"),
            models.Index(fields=["target", "-id"], name="notifications_of_target"),
            models.Index(fields=["team", "-id"], name="notifications_of_team"),
        ]
