"""What "re-run" beside a check on the code host means: the same commit is deployed anew."""

from __future__ import annotations

from deployments import actions
from deployments.models import Deployment, DeploymentStatus
from projects.models import Project


def rerun(project: Project, sha: str, *, deployment: str = "") -> str:
    """Of the deployment that is named, else of each newest one of the commit. A fork's code stays unapproved."""
    if ":" in deployment and deployment.partition(":")[0] != project.slug:
        return "ignored: it is another project's check"
    rows = Deployment.objects.filter(project=project, push__after=sha).with_everything()
    if rows.filter(public_id=deployment).exists():
        rows = rows.filter(public_id=deployment)
    newest = list(rows.order_by("destination", "environment", "-pk").distinct("destination", "environment"))
    if not newest:
        return "ignored: nothing of this commit was deployed"
    again = [one for one in newest if not one.is_active and one.status != DeploymentStatus.WAITING]
    for one in again:
        actions.redeploy(one, actor=None)
    return "deploys it again" if again else "ignored: it is under way already"
