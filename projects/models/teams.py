"""People, the teams they belong to, and the tokens that act for them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Now

from projects.models.tenancy import TeamOwned, TeamQuerySet


class User(AbstractUser):
    """A person who signs in. What they may see is decided by their memberships."""


class TeamsOfPeople(models.QuerySet["Team"]):
    def of(self, user: User) -> TeamsOfPeople:
        return self.filter(memberships__user=user).order_by("slug")


class Team(models.Model):
    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    created_at = models.DateTimeField(db_default=Now())

    objects = TeamsOfPeople.as_manager()

    def __str__(self) -> str:
        return self.slug


class Role(models.TextChoices):
    OWNER = "owner"
    MEMBER = "member"
    VIEWER = "viewer"


class Membership(TeamOwned):
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.MEMBER)

    objects: ClassVar[Any] = TeamQuerySet["Membership"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="one_membership_per_team")]


class ApiToken(TeamOwned):
    """A bearer token of the API, of git and of the CLI. Only its SHA-256 is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    project = models.ForeignKey("projects.Project", null=True, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)  # names of projects.scopes.Scope
    environment = models.CharField(max_length=12, blank=True)  # deploys to this one only; empty: to any
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = TeamQuerySet["ApiToken"].as_manager()
