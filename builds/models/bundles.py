"""Bundles and their content, addressed by digest and scoped by team."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now

from projects.models import Project, TeamOwned, TeamQuerySet


class Blob(TeamOwned):
    """One file's content, and where it lies: an object of its own, or a piece of a pack."""

    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    object_key = models.CharField(max_length=200)
    offset = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    used_at = models.DateTimeField(db_default=Now())  # when a build last relied on it: a sweep leaves those alone

    objects: ClassVar[Any] = TeamQuerySet["Blob"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "sha256"], name="one_blob_per_team_and_content")]


class Bundle(TeamOwned):
    """What a build made. Its manifest is an object named by the digest; it holds no bucket and no value."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="bundles")
    key = models.CharField(max_length=64)  # sha256 over all that went in: see builds.keys
    target = models.CharField(max_length=20)
    digest = models.CharField(max_length=64)  # sha256 of the manifest
    manifest_key = models.CharField(max_length=200)
    entry = models.CharField(max_length=500)
    size = models.BigIntegerField()
    file_count = models.PositiveIntegerField()
    findings = models.JSONField(default=list)
    outline = models.JSONField(default=dict)  # its agents: see core.outline
    required_variables = models.JSONField(default=list)  # names that the agents' configuration cannot do without
    created_at = models.DateTimeField(db_default=Now())
    used_at = models.DateTimeField(db_default=Now())  # when a build last found it again

    objects: ClassVar[Any] = TeamQuerySet["Bundle"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "key"], name="one_bundle_per_key")]


class BundleArchive(TeamOwned):
    """A bundle packed as one file, for vendors that fetch it. Made when the first of them is to."""

    bundle = models.OneToOneField(Bundle, on_delete=models.CASCADE, related_name="archive")
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    object_key = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[Any] = TeamQuerySet["BundleArchive"].as_manager()


class Orphan(TeamOwned):
    """An object of ours that no row knew when a sweep saw it; it goes if that is still so a grace period later."""

    object_key = models.CharField(max_length=300, unique=True)
    seen_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[Any] = TeamQuerySet["Orphan"].as_manager()
