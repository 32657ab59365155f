"""What an agent that is served here did in one minute."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from deployments.metrics.latency import BUCKETS
from deployments.models.deployments import Deployment
from projects.models import Project, TeamOwned, TeamQuerySet


class AgentMinute(TeamOwned):
    """Nodes add to it, see `deployments/metrics/adding.py`. A minute in which nothing happened has no row."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="+")
    minute = models.DateTimeField()
    requests = models.PositiveIntegerField(default=0)
    client_errors = models.PositiveIntegerField(default=0)
    server_errors = models.PositiveIntegerField(default=0)
    latency = ArrayField(models.PositiveIntegerField(), size=BUCKETS)
    input_tokens = models.BigIntegerField(default=0)
    output_tokens = models.BigIntegerField(default=0)

    objects: ClassVar[Any] = TeamQuerySet["AgentMinute"].as_manager()

    class Meta:
        constraints = [
            # In the order in which a project's page reads them.
            models.UniqueConstraint(fields=["project", "minute", "deployment"], name="one_row_per_agent_and_minute")
        ]
