"""Deploys from a workflow of the code host that proves who it is: no secret is kept there."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now

from projects.models.projects import Project
from projects.models.teams import User
from projects.models.tenancy import TeamOwned, TeamQuerySet
from projects.models.variables import Environment


class DeployPolicy(TeamOwned):
    """Which workflow may deploy a project, and where to. All that it names must fit; what is empty fits anything."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="deploy_policies")
    environment = models.CharField(max_length=12, choices=Environment.choices)
    repository_id = models.BigIntegerField()
    owner_id = models.BigIntegerField()
    ref = models.CharField(max_length=290)  # such as refs/heads/main; a * stands for anything
    job_environment = models.CharField(max_length=255, blank=True)  # the host's name of the job's environment
    workflow = models.CharField(max_length=255, blank=True)  # its file, such as .github/workflows/deploy.yml
    created_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")  # whose role limits its tokens
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[Any] = TeamQuerySet["DeployPolicy"].as_manager()


class UsedAssertion(TeamOwned):
    """A workflow's proof that was exchanged: each only once."""

    issuer = models.CharField(max_length=300)
    jti = models.CharField(max_length=300)
    expires_at = models.DateTimeField()

    objects: ClassVar[Any] = TeamQuerySet["UsedAssertion"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "jti"], name="one_use_per_assertion")]
