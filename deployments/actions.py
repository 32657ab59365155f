"""What people do to deployments: roll back, undo, promote, redeploy, cancel. Functions, one transaction each."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models.functions import Now

from core.errors import UserError
from deployments import pull_requests, release_queue, routing
from deployments.cloud import moving, queue
from deployments.destinations import default_destination
from deployments.models import (
    AgentStorage,
    Cause,
    CloudService,
    Deployment,
    DeploymentStatus,
    Destination,
    Instance,
    NotificationTarget,
    Observed,
    Route,
    RouteChange,
    RouteKind,
    Source,
    Wanted,
)
from deployments.notifying import actions as notifying
from deployments.pipeline import deploy_push, make_deployment, stop
from deployments.usage_limits import require_deployment
from projects.actions import audit
from projects.models import Environment, Project, User


@dataclass(frozen=True, slots=True)
class Switch:
    """What production points at after the click, and whether new pushes will take it over."""

    deployment: Deployment
    route: Route
    auto_assign: bool


def roll_back(project: Project, to: Deployment | None = None, *, actor: User | None) -> Switch:
    """Production goes back to an earlier deployment; pushes are built, and wait. Raises UserError."""
    destination = to.destination if to else default_destination(project)
    with transaction.atomic():
        _lock(project)
        route = routing.production_route(destination)
        target = to or previous(route)
        if target is None:
            raise _nothing_there()
        if refusal := rollback_refusal(target, route):
            raise refusal
        return _switch(route, target, Cause.ROLLBACK, actor=actor, auto_assign=False)


def undo_rollback(project: Project, *, actor: User | None) -> Switch:
    """Production goes to the newest ready deployment again, at every destination, and follows pushes again."""
    with transaction.atomic():
        _lock(project)
        first = default_destination(project)
        others = Route.objects.filter(project=project, kind=RouteKind.PRODUCTION).exclude(destination=first)
        for route in others.select_related("destination__project", "wanted"):
            newest = _newest_in_production(route.destination)
            if newest is not None and newest != route.wanted and _unusable(newest) is None:
                _switch(route, newest, Cause.UNDO, actor=actor, auto_assign=True)
        newest = _newest_in_production(first)
        if newest is None:
            raise _nothing_there()
        if refusal := _unusable(newest):
            raise refusal
        return _switch(routing.production_route(first), newest, Cause.UNDO, actor=actor, auto_assign=True)


def _newest_in_production(destination: Destination) -> Deployment | None:
    rows = Deployment.objects.ready_in_production().filter(destination=destination, deleted_at=None)
    found: Deployment | None = rows.order_by("-push_id", "-pk").first()
    return found


def promote(deployment: Deployment, *, actor: User | None) -> Deployment:
    """To production: a pointer where it was made for production, else a new deployment of the same bundle."""
    if deployment.status != DeploymentStatus.READY:
        raise _not_ready(deployment)
    if deployment.push.pull_request_id:
        raise UserError("fork_promoted", "A fork's code does not go to production.", "Merge the pull request instead.")
    if deployment.bundle_id is None:
        raise _bundle_gone()
    with transaction.atomic():
        project = _lock(deployment.project)
        if deployment.is_production:
            if refusal := _unusable(deployment):
                raise refusal
            route = routing.production_route(deployment.destination)
            _switch(route, deployment, Cause.PROMOTE, actor=actor, auto_assign=True)
            return deployment
        require_deployment(project.team)
        promoted = make_deployment(
            deployment.push,
            deployment.destination,
            environment=Environment.PRODUCTION,
            source=Source.PROMOTE,
            actor=actor,
            build=deployment.build,
            bundle=deployment.bundle,
        )
        Project.objects.filter(pk=project.pk).update(auto_assign=True)
        audit(project.team, actor, "deployment.promoted", deployment.public_id, to=promoted.public_id)
        release_queue.enqueue(promoted)
        return promoted


def redeploy(deployment: Deployment, *, actor: User | None, cache: bool = True) -> Deployment:
    """The same commit with today's variables; the bundle is used again where nothing changed, unless without cache."""
    if deployment.push.uploaded and not cache:
        raise UserError(
            "upload_not_built", "It was uploaded: nothing of it is built here.", "Build and upload it again."
        )
    if deployment.push.uploaded and deployment.bundle is None:
        raise UserError("bundle_expired", "Its bundle is no longer kept.", "Upload it again.")
    with transaction.atomic():
        require_deployment(deployment.team)
        told = {} if cache else {"cache": False}
        audit(deployment.team, actor, "deployment.redeployed", deployment.public_id, **told)
        if deployment.push.uploaded:
            return _released_again(deployment, actor)
        return deploy_push(
            deployment.push,
            deployment.destination,
            environment=Environment(deployment.environment),
            source=Source.REDEPLOY,
            actor=actor,
            without_cache=not cache,
        )


def _released_again(deployment: Deployment, actor: User | None) -> Deployment:
    """Nothing can be built of what was uploaded: it has no commit that it would be sure to be of."""
    again = make_deployment(
        deployment.push,
        deployment.destination,
        environment=Environment(deployment.environment),
        source=Source.REDEPLOY,
        actor=actor,
        bundle=deployment.bundle,
    )
    release_queue.enqueue(again)
    return again


def cancel(deployment: Deployment, *, actor: User | None) -> None:
    """Stops what is under way. Raises UserError when there is nothing to stop."""
    if not deployment.is_active:
        raise UserError(
            "not_active",
            f"The deployment is {deployment.status}: there is nothing to cancel.",
            "Reload the page.",
        )
    with transaction.atomic():
        audit(deployment.team, actor, "deployment.cancelled", deployment.public_id)
        stop(deployment, DeploymentStatus.CANCELLED, "Cancelled by a person.")


def approve(deployment: Deployment, *, actor: User) -> Deployment:
    """Lets the fork's commit that this deployment is of be built. Raises UserError."""
    pull_request = deployment.push.pull_request
    if deployment.status != DeploymentStatus.WAITING or pull_request is None:
        raise UserError("not_waiting", f"The deployment is {deployment.status}: nothing waits.", "Reload the page.")
    pull_requests.approve(pull_request, deployment.push.after, actor=actor)
    return deployment


def delete_project(project: Project, *, actor: User | None) -> None:
    """Ends everything of it: work under way, agents, addresses. Its production and branch names are free again."""
    with transaction.atomic():
        _lock(project)
        for deployment in Deployment.objects.active().filter(project=project).select_related("build", "stream"):
            stop(deployment, DeploymentStatus.CANCELLED, "The project was deleted.")
        release_queue.retire(Deployment.objects.filter(project=project))
        routes = Route.objects.filter(project=project)
        for route in routes.filter(kind=RouteKind.DEPLOYMENT):
            routing.point(route, None, Cause.TEARDOWN)
        routes.exclude(kind=RouteKind.DEPLOYMENT).delete()
        Project.objects.filter(pk=project.pk).update(deleted_at=Now())
        for service in CloudService.objects.living().filter(project=project).select_related("team"):
            queue.delete(service)
        queue.remove_previews(AgentStorage.objects.filter(destination__project=project))
        for target in NotificationTarget.objects.living().filter(project=project).select_related("team"):
            notifying.remove(target, actor=actor)
        audit(project.team, actor, "project.deleted", project.slug)


def previous(route: Route) -> Deployment | None:
    """What the route pointed at before what it points at now."""
    ready = {"deployment__status": DeploymentStatus.READY, "deployment__deleted_at": None}
    pointed = RouteChange.objects.filter(route=route, **ready)
    changes = pointed.exclude(cause=Cause.CANARY)
    change = changes.exclude(deployment=route.wanted).select_related("deployment").order_by("-pk").first()
    return change.deployment if change else None


def rollback_refusal(target: Deployment, route: Route) -> UserError | None:
    """Why a rollback to this deployment would be refused; None when it would not. The page asks before the click."""
    if target.status != DeploymentStatus.READY:
        return _not_ready(target)
    if not target.is_production:
        return UserError("not_production", "It was not made for production.", "Promote it instead.")
    if target.pk == route.wanted_id:
        return UserError("already_current", "Production points at it already.", "Choose an earlier deployment.")
    return _unusable(target) or _refused_there(target, route)


def _refused_there(target: Deployment, route: Route) -> UserError | None:
    """What the platform would not go back across."""
    return moving.refusal(target, route.wanted) if target.destination.is_cloud else None


def _unusable(target: Deployment) -> UserError | None:
    """Why a deployment that was ready once could not be started as it was."""
    if target.bundle_id is None:
        return _bundle_gone()
    if target.variables.filter(version__revoked_at__isnull=False).exists():
        return UserError(
            "secret_revoked",
            "A variable's value of that time was revoked.",
            "Redeploy its commit with today's values.",
        )
    return None


def _switch(route: Route, deployment: Deployment, cause: Cause, *, actor: User | None, auto_assign: bool) -> Switch:
    _wake(deployment)
    routing.point(route, deployment, cause, actor=actor)
    Project.objects.filter(pk=route.project_id).update(auto_assign=auto_assign)
    audit(deployment.team, actor, f"production.{cause}", route.hostname, to=deployment.public_id)
    return Switch(deployment, route, auto_assign)


def _wake(deployment: Deployment) -> None:
    """The route moves only once the agent runs: until then the one that is observed keeps serving."""
    rows = Instance.objects.filter(deployment=deployment)
    rows.update(wanted=Wanted.RUNNING)
    rows.filter(observed__in=(Observed.FAILED, Observed.GONE)).update(observed=Observed.NEW)


def _lock(project: Project) -> Project:
    locked: Project = Project.objects.select_for_update().get(pk=project.pk)
    return locked


def _nothing_there() -> UserError:
    return UserError("nothing_to_roll_back", "There is no earlier deployment to go to.", "Push a fix instead.")


def _bundle_gone() -> UserError:
    return UserError("bundle_expired", "Its bundle is no longer kept.", "Redeploy its commit instead.")


def _not_ready(deployment: Deployment) -> UserError:
    return UserError(
        "not_ready",
        f"The deployment is {deployment.status}, not ready.",
        "Choose one that is ready, or redeploy it.",
    )
