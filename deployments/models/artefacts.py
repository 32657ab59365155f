"""Who may fetch a deployment's bundle: the vendor that runs it, by a token of this deployment."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now

from deployments.models.deployments import Deployment
from projects.models import SecretVersion, TeamOwned, TeamQuerySet


class ArtefactToken(TeamOwned):
    """Good for the bundle of one deployment, as long as that exists. It is known by its hash; the sealed value is for
    telling the vendor the same one again."""

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="artefact_tokens")
    sha256 = models.CharField(max_length=64, unique=True)
    version = models.ForeignKey(SecretVersion, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    revoked_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = TeamQuerySet["ArtefactToken"].as_manager()
