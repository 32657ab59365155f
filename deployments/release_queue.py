"""Asking for releases, and for their end. The release itself is in `deployments.release`."""

from __future__ import annotations

from django.db.models import QuerySet

from deployments import changes, routing
from deployments.models import Deployment, DeploymentStatus, Instance, Wanted
from projects import operations

KIND = "release"


def enqueue(deployment: Deployment) -> None:
    operations.enqueue(deployment.team, KIND, deployment.pk, f"release:{deployment.pk}")


def cancel(deployment: Deployment) -> None:
    operations.cancel(KIND, deployment.pk)
    Instance.objects.filter(deployment=deployment).update(wanted=Wanted.GONE)
    routing.wake_nodes()


def retire(deployments: QuerySet[Deployment]) -> None:
    """Their agents end, after what is in flight; their URLs answer 410."""
    Instance.objects.filter(deployment__in=deployments).update(wanted=Wanted.GONE)
    changes.tell(deployments.filter(status=DeploymentStatus.READY))
    routing.wake_nodes()
