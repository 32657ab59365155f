"""What a push's commit says of its destinations, once its first build has read it: some come, and some go.

A push goes to the destinations that are known when it arrives, as nobody has its files yet. The build that fetches
them says what they declare, before it makes anything: by that the push is given what it lacks, and spared the rest.
"""

from __future__ import annotations

from builds.models import Build
from core.config import deployments as declared
from deployments import destinations, pipeline
from deployments.destinations import Wish
from deployments.models import Deployment, DeploymentStatus, Push
from projects.models import OutboxEvent, Project


def on_declared(event: OutboxEvent) -> None:
    build = Build.objects.select_related("project__team").get(pk=event.payload["build"])
    push = _newest_push(build.project)
    if push is None or push.after != build.commit_sha:
        return  # what a newer push declares holds
    wishes = [Wish.of(declared.Destination.model_validate(one)) for one in event.payload["destinations"]]
    destinations.reconcile(build.project, wishes)
    if build.deployments.filter(push=push).exists():
        _expand(push)


def _newest_push(project: Project) -> Push | None:
    rows = Push.objects.filter(project=project, branch=project.production_branch, pull_request=None)
    found: Push | None = rows.select_related("project__team", "pull_request").order_by("-pk").first()
    return found


def _expand(push: Push) -> None:
    """New ones first: a build that they share with one that goes is not cancelled then."""
    wanted = destinations.taking(push.project, push.branch)
    made = Deployment.objects.filter(push=push).select_related("build", "stream", "destination")
    there = set(made.values_list("destination", flat=True))
    for destination in wanted:
        if destination.pk not in there:
            pipeline.supersede(push, destination)
            pipeline.deploy_push(push, destination)
    for deployment in made.active().exclude(destination__in=wanted):
        reason = f"deployment.yml sends {push.branch} elsewhere, and not to {deployment.destination.name}."
        pipeline.stop(deployment, DeploymentStatus.SKIPPED, reason)
