"""The variables of a deployment, opened for whoever runs it."""

from __future__ import annotations

from deployments.models import Deployment
from projects.actions import audit_unsealing
from projects.secrets import unseal


def identity_of(deployment: Deployment) -> dict[str, str]:
    """What the platform itself tells an agent."""
    return {
        "DEXTO_DEPLOYMENT": deployment.public_id,
        "DEXTO_COMMIT": deployment.push.after,
        "DEXTO_BRANCH": deployment.branch,
        "DEXTO_ENVIRONMENT": deployment.environment,
    }


def unsealed_for_start(deployment: Deployment, **where: str) -> dict[str, str]:
    """The same as `variables_of`, and the audit says so first."""
    names = deployment.variables.values_list("name", flat=True)
    audit_unsealing(deployment.team, deployment.public_id, names, why="start", **where)
    return variables_of(deployment)


def variables_of(deployment: Deployment) -> dict[str, str]:
    """By name, as they were when the deployment was made. Raises UserError where one was revoked."""
    return {one.name: unseal(one.version) for one in deployment.variables.select_related("version")}


def secrets_of(deployment: Deployment) -> dict[str, str]:
    """Those of them that no log may show."""
    rows = deployment.variables.filter(version__is_secret=True).select_related("version")
    return {one.name: unseal(one.version) for one in rows}
