"""What an agent that is served here did, by the minute and by the hour."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from deployments.metrics.latency import BUCKETS
from deployments.models.deployments import Deployment
from projects.models import Project, TeamOwned, TeamQuerySet


class AgentCounts(TeamOwned):
    """From `at` on. Nodes add to it, see `deployments/metrics/adding.py`. Where nothing happened there is no row."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    requests = models.PositiveIntegerField(default=0)
    client_errors = models.PositiveIntegerField(default=0)
    server_errors = models.PositiveIntegerField(default=0)
    latency = ArrayField(models.PositiveIntegerField(), size=BUCKETS)
    input_tokens = models.BigIntegerField(default=0)
    output_tokens = models.BigIntegerField(default=0)

    class Meta:
        abstract = True


class AgentMinute(AgentCounts):
    objects: ClassVar[Any] = TeamQuerySet["AgentMinute"].as_manager()

    class Meta:
        constraints = [
            # In the order in which a project's page reads them.
            models.UniqueConstraint(fields=["project", "at", "deployment"], name="one_row_per_agent_and_minute")
        ]


class AgentHour(AgentCounts):
    """The same once more, for who looks at days: a sixtieth of the rows."""

    objects: ClassVar[Any] = TeamQuerySet["AgentHour"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "at", "deployment"], name="one_row_per_agent_and_hour")
        ]
