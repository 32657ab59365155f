"""The destinations of a project: those that deployment.yml declares, and those of the dashboard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import transaction
from django.db.models.functions import Now

from core.config import deployments as declared
from core.errors import UserError
from core.targets import PLATFORMS, Platform, Target
from deployments import release_queue, routing
from deployments.cloud import queue, storages
from deployments.models import (
    Account,
    AgentStorage,
    Cause,
    DeclaredBy,
    Deployment,
    DeploymentStatus,
    Destination,
    Route,
    RouteKind,
)
from projects.actions import audit
from projects.models import Environment, Project, User

_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Wish:
    """A destination, as the file or a person wants it. `account` is the name of one of the team's, "" the only one."""

    name: str
    target: Target
    platform: Platform
    environment: str = ""
    branches: tuple[str, ...] = ()
    may_fail: bool = False
    config: Mapping[str, Any] = field(default_factory=dict)
    account: str = ""

    @classmethod
    def of(cls, one: declared.Destination) -> Wish:
        target = Target(one.target)
        platform = Platform(one.platform) if one.platform else PLATFORMS[target][0]
        return cls(
            one.name, target, platform, one.env, tuple(one.branches), one.may_fail, one.config, one.account or ""
        )


def destinations_of(project: Project) -> list[Destination]:
    """What the project has; without anything declared, nodejs on this installation."""
    found = list(Destination.objects.living().filter(project=project).select_related("project").order_by("pk"))
    return found or [_default(project)]


def taking(project: Project, branch: str, *, is_fork: bool = False) -> list[Destination]:
    """Those to which a push to the branch goes."""
    return [one for one in destinations_of(project) if one.takes(branch, is_fork=is_fork)]


def default_destination(project: Project) -> Destination:
    found = destinations_of(project)
    return next((one for one in found if one.is_default), found[0])


def reconcile(project: Project, wishes: Sequence[Wish]) -> None:
    """Makes the rows as the file has them. Without any, what was declared before is removed, and that is all."""
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=project.pk)
        living = {one.name: one for one in Destination.objects.living().filter(project=project)}
        if wishes:
            _adopt_default(living, wishes)
        for wish in wishes[:_MOST]:
            _declare(project, wish, living.get(wish.name))
        named = {wish.name for wish in wishes}
        for one in living.values():
            if one.name not in named and (one.declared_by == DeclaredBy.FILE or (wishes and _is_implied(one))):
                _retire(one)
        if wishes:
            _name_default(project)


def add(project: Project, wish: Wish, *, actor: User | None) -> Destination:
    """Raises UserError."""
    _check(wish)
    _check_storage(project, wish)
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=project.pk)
        if Destination.objects.living().filter(project=project, name=wish.name).exists():
            raise UserError("name_taken", f"There is a destination {wish.name} already.", "Choose another name.")
        destinations_of(project)  # what is implied stays beside what a person adds
        made: Destination = Destination.objects.create(
            team=project.team, project=project, name=wish.name, **_values(project, wish)
        )
        audit(project.team, actor, "destination.added", f"{project.slug}/{wish.name}", platform=wish.platform)
    return made


def change(destination: Destination, wish: Wish, *, actor: User | None) -> Destination:
    """What holds from the next push on. Target, platform and name stay as they are. Raises UserError."""
    _require_dashboard(destination)
    _check(wish)
    _check_storage(destination.project, wish)
    values = _values(destination.project, wish)
    fixed = (values.pop("target"), values.pop("platform"))
    if fixed != (destination.target, destination.platform):
        raise UserError(
            "destination_fixed",
            "What runs at a destination cannot be moved to another platform.",
            "Add another destination, and remove this one.",
        )
    Destination.objects.filter(pk=destination.pk).update(**values)
    subject = f"{destination.project.slug}/{destination.name}"
    audit(destination.team, actor, "destination.changed", subject)
    destination.refresh_from_db()
    return destination


def retire(destination: Destination, *, actor: User | None) -> None:
    """Nothing new goes there. What serves in production goes on until its service is deleted. Raises UserError."""
    _require_dashboard(destination)
    with transaction.atomic():
        others = Destination.objects.living().filter(project=destination.project_id).exclude(pk=destination.pk)
        if not others.exists():
            raise UserError(
                "last_destination", "A project has at least one destination.", "Add another one before you remove this."
            )
        audit(destination.team, actor, "destination.removed", f"{destination.project.slug}/{destination.name}")
        _retire(destination)
        _name_default(destination.project)


def _default(project: Project) -> Destination:
    default, _created = Destination.objects.get_or_create(
        project=project,
        name="local",
        removed_at=None,
        defaults={
            "team": project.team,
            "target": Target.NODEJS,
            "platform": Platform.LOCAL,
            "is_default": not Destination.objects.filter(project=project, is_default=True).exists(),
        },
    )
    found: Destination = default
    return found


def _declare(project: Project, wish: Wish, row: Destination | None) -> None:
    values = {**_values(project, wish), "declared_by": DeclaredBy.FILE}
    if row is not None and (row.target, row.platform) == (wish.target, wish.platform):
        Destination.objects.filter(pk=row.pk).update(**values)
        return
    if row is not None:
        _retire(row)
    Destination.objects.create(team=project.team, project=project, name=wish.name, **values)


def _values(project: Project, wish: Wish) -> dict[str, Any]:
    account = Account.objects.living().for_team(project.team).filter(platform=wish.platform, name=wish.account).first()
    named = {"account": wish.account} if wish.account and account is None else {}
    return {
        "target": wish.target.value,
        "platform": wish.platform.value,
        "environment": wish.environment,
        "branches": list(wish.branches),
        "may_fail": wish.may_fail,
        "config": {**wish.config, **named},
        "account": account,
    }


def _adopt_default(living: dict[str, Destination], wishes: Sequence[Wish]) -> None:
    """The one that was implied so far goes on under the name that the file gives to its like: so do its addresses."""
    implied = next((one for one in living.values() if _is_implied(one)), None)
    if implied is None or any(wish.name == implied.name for wish in wishes):
        return
    alike = [wish for wish in wishes if (wish.target, wish.platform) == (implied.target, implied.platform)]
    alike = [wish for wish in alike if wish.environment in ("", Environment.PRODUCTION) and wish.name not in living]
    if alike:
        Destination.objects.filter(pk=implied.pk).update(name=alike[0].name)
        living[alike[0].name] = living.pop(implied.name)
        living[alike[0].name].name = alike[0].name


def _is_implied(one: Destination) -> bool:
    """Made because nothing was declared."""
    return bool(one.is_default) and one.name == "local" and one.declared_by == DeclaredBy.DASHBOARD


def _retire(one: Destination) -> None:
    """Its previews go; what serves in production does not."""
    Destination.objects.filter(pk=one.pk).update(removed_at=Now())
    for route in Route.objects.filter(destination=one, kind__in=(RouteKind.BRANCH, RouteKind.PULL)):
        if route.wanted is not None and route.wanted.environment != Environment.PRODUCTION:
            routing.point(route, None, Cause.TEARDOWN)
    ready = Deployment.objects.filter(destination=one, status=DeploymentStatus.READY)
    release_queue.retire(ready.exclude(environment=Environment.PRODUCTION))
    for service in one.services.living().exclude(environment=Environment.PRODUCTION).select_related("team"):
        queue.delete(service)
    queue.remove_previews(AgentStorage.objects.filter(destination=one))


def _name_default(project: Project) -> None:
    """One of the living is the default: production's first."""
    rows = Destination.objects.filter(project=project)
    living = list(rows.living().order_by("pk"))
    if not living or any(one.is_default for one in living):
        return
    rows.update(is_default=False)
    productive = [one for one in living if one.environment in ("", Environment.PRODUCTION)]
    Destination.objects.filter(pk=(productive or living)[0].pk).update(is_default=True)


def _require_dashboard(destination: Destination) -> None:
    if destination.declared_by == DeclaredBy.FILE:
        raise UserError(
            "destination_of_file",
            f"{destination.name} is declared in the project's deployment.yml, which wins.",
            "Change it there, and push.",
        )


def _check(wish: Wish) -> None:
    """By the same model as the file."""
    try:
        declared.Destination.model_validate(
            {
                "name": wish.name,
                "target": wish.target.value,
                "platform": wish.platform.value,
                "branches": list(wish.branches),
                "config": dict(wish.config),
            }
        )
    except ValueError as error:
        raise UserError(
            "destination_invalid",
            f"{wish.name!r} for {wish.target} on {wish.platform} is no destination.",
            "Use a name of lower-case letters, digits and dashes, and a platform that runs the target.",
        ) from error


def _check_storage(project: Project, wish: Wish) -> None:
    if refused := storages.refusal(project.team, wish.config):
        raise refused


def deployed_to(destination: Destination) -> int:
    """How many deployments it has had."""
    return int(Deployment.objects.filter(destination=destination).count())
