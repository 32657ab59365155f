"""A project, and the repository that it is built from."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from projects.models.code_hosts import Installation
from projects.models.tenancy import TeamOwned, TeamQuerySet


class Repository(TeamOwned):
    """Keyed by its host and the host's numeric id, never by name: a rename changes nothing."""

    host = models.CharField(max_length=100)  # "github.com", or "origin" for repositories kept here
    external_id = models.BigIntegerField()
    full_name = models.CharField(max_length=200)
    clone_url = models.CharField(max_length=1000)  # https://…, or an absolute path on this machine
    default_branch = models.CharField(max_length=250, default="main")
    # Whose credential reads it. None for what lives here, and once the app has lost it: `lost` then says how.
    installation = models.ForeignKey(Installation, null=True, on_delete=models.SET_NULL, related_name="repositories")
    lost = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[Any] = TeamQuerySet["Repository"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["host", "external_id", "team"], name="one_row_per_repository_and_team")
        ]

    def __str__(self) -> str:
        return self.full_name


class LivingProjects(models.Manager["Project"]):
    """Those that nobody deleted."""

    def get_queryset(self) -> TeamQuerySet[Project]:
        return TeamQuerySet(self.model, using=self._db).filter(deleted_at=None)

    def for_team(self, team: models.Model) -> TeamQuerySet[Project]:
        return self.get_queryset().for_team(team)


class Project(TeamOwned):
    slug = models.CharField(max_length=50)
    repository = models.ForeignKey(Repository, on_delete=models.PROTECT, related_name="projects")
    root = models.CharField(max_length=500, blank=True)  # folder of the agent project inside the repository
    production_branch = models.CharField(max_length=250, default="main")
    # Patterns of .gitignore, from the repository's root; those with `!` exclude. Empty: everything is watched.
    watch_paths = models.JSONField(default=list)
    ignore_command = models.CharField(max_length=500, blank=True, db_default="")  # ends with 0 to skip a push
    supersede = models.BooleanField(db_default=True)  # a newer push ends older work on its branch; off: all are built
    auto_assign = models.BooleanField(default=True)  # off after a rollback: new deployments wait as staged
    created_at = models.DateTimeField(db_default=Now())
    deleted_at = models.DateTimeField(null=True)  # nobody sees it any more; its rows are swept later

    objects: ClassVar[Any] = LivingProjects()
    all_objects: ClassVar[Any] = TeamQuerySet["Project"].as_manager()

    class Meta:
        base_manager_name = "all_objects"
        constraints = [
            models.UniqueConstraint(
                fields=["team", "slug"], condition=Q(deleted_at=None), name="one_living_project_per_slug"
            )
        ]

    def __str__(self) -> str:
        return self.slug
