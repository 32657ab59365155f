"""What is known of code hosts: the app there, where it is installed, and who signed in from there.

Everything is keyed by the host's numeric ids. A host is its name, as `Repository.host` and deliveries say it.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now

from projects.models.teams import Role, User
from projects.models.tenancy import TeamOwned, TeamQuerySet


class DeliveryMode(models.TextChoices):
    WEBHOOK = "webhook"
    POLLING = "polling"  # the host cannot reach this installation: its list of deliveries is asked instead


class GitHubApp(TeamOwned):
    """The installation's own app, one for each host. The team is the one that made it; all teams link with it."""

    host = models.CharField(max_length=100, unique=True)
    web_url = models.CharField(max_length=200)
    app_id = models.BigIntegerField()
    slug = models.CharField(max_length=100)
    name = models.CharField(max_length=100)
    client_id = models.CharField(max_length=100)
    html_url = models.CharField(max_length=300)
    owner = models.CharField(max_length=100)
    secrets = models.ForeignKey(
        "projects.SecretVersion", on_delete=models.PROTECT, related_name="+"
    )  # JSON of the three
    mode = models.CharField(max_length=10, choices=DeliveryMode.choices, default=DeliveryMode.WEBHOOK)
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[Any] = TeamQuerySet["GitHubApp"].as_manager()

    def __str__(self) -> str:
        return self.slug


class Installation(TeamOwned):
    """The app in one account, for a team of which somebody proved to have it. One account may serve several teams."""

    host = models.CharField(max_length=100)
    external_id = models.BigIntegerField()
    account_id = models.BigIntegerField()
    account_login = models.CharField(max_length=100)
    created_at = models.DateTimeField(db_default=Now())
    suspended_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = TeamQuerySet["Installation"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["host", "external_id", "team"], name="one_row_per_installation_and_team")
        ]

    def __str__(self) -> str:
        return self.account_login


class CodeHostIdentity(models.Model):
    """A person's account at a host, with which they sign in here."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="identities")
    host = models.CharField(max_length=100)
    external_id = models.BigIntegerField()
    login = models.CharField(max_length=100)
    created_at = models.DateTimeField(db_default=Now())
    revoked_at = models.DateTimeField(null=True)  # they withdrew the authorization; signing in again gives it anew

    objects: ClassVar[Any] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["host", "external_id"], name="one_person_per_account"),
            models.UniqueConstraint(fields=["host", "user"], name="one_account_per_person_and_host"),
        ]


class Invitation(TeamOwned):
    """Into a team, by a link that works once. Only its SHA-256 is kept."""

    digest = models.CharField(max_length=64, unique=True)
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.MEMBER)
    note = models.CharField(max_length=100)  # whom it is meant for
    invited_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    objects: ClassVar[Any] = TeamQuerySet["Invitation"].as_manager()
