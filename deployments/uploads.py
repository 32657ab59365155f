"""Deploys a bundle that was made elsewhere. From its row on it goes the way of a built one."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from django.db import transaction

from builds.models import Bundle
from core.errors import UserError
from deployments import release_queue
from deployments.destinations import destinations_of
from deployments.models import Deployment, Destination, Push, Source
from deployments.pipeline import make_deployment, supersede
from deployments.usage_limits import require_deployment
from projects.actions import audit
from projects.models import Environment, Project, User

#: Where nobody says which branch a preview is of.
_BRANCH = "upload"


@dataclass(frozen=True, slots=True)
class Upload:
    """What is wanted of a bundle. The same `key` with the same bundle and place is the same deployment.

    `commit` is "" where the bundle is of none, such as of a working copy with changes: nobody is told of it then.
    """

    key: str
    environment: Environment | None = None  # None: the branch's own
    branch: str = ""
    commit: str = ""
    message: str = ""
    author: str = ""


def destination_named(project: Project, name: str) -> Destination:
    """The project's default one where no name is given. Raises UserError destination_unknown, which lists them."""
    found = destinations_of(project)
    if not name:
        return next((one for one in found if one.is_default), found[0])
    for one in found:
        if one.name == name:
            return one
    raise UserError(
        "destination_unknown",
        f"{project.slug} has no destination {name[:60]!r}.",
        f"It has {', '.join(one.name for one in found)}.",
    )


def place_of(destination: Destination, upload: Upload) -> tuple[Environment, str]:
    """Which environment, and as whose branch."""
    is_production = (upload.environment or destination.environment) == Environment.PRODUCTION
    branch = upload.branch or (destination.project.production_branch if is_production else _BRANCH)
    return upload.environment or destination.environment_of(branch), branch


def deploy_bundle(
    bundle: Bundle, destination: Destination, upload: Upload, *, actor: User | None
) -> tuple[Deployment, bool]:
    """The deployment, and whether it is new. Raises UserError."""
    if bundle.target != destination.target:
        raise UserError(
            "wrong_target",
            f"The bundle is for {bundle.target}, and {destination.name} takes {destination.target}.",
            f"Build it with --target {destination.target}.",
        )
    environment, branch = place_of(destination, upload)
    with transaction.atomic():
        project = Project.objects.select_for_update().get(pk=destination.project_id)
        push, created = _recorded(project, bundle, destination, upload, environment, branch)
        if not created:
            return Deployment.objects.filter(push=push).earliest("pk"), False
        require_deployment(project.team)
        if environment == destination.environment_of(branch):
            supersede(push, destination)
        deployment = make_deployment(
            push, destination, environment=environment, source=Source.UPLOAD, actor=actor, bundle=bundle
        )
        audit(project.team, actor, "deployment.uploaded", deployment.public_id, bundle=bundle.digest)
        release_queue.enqueue(deployment)
    return deployment, True


def _recorded(
    project: Project,
    bundle: Bundle,
    destination: Destination,
    upload: Upload,
    environment: Environment,
    branch: str,
) -> tuple[Push, bool]:
    """Its place in the order of pushes: what was uploaded last is the newest."""
    parts = "\0".join((upload.key, bundle.digest, destination.name, environment, branch))
    push, created = Push.objects.get_or_create(
        project=project,
        delivery=f"upload:{sha256(parts.encode()).hexdigest()}",
        defaults={
            "team": project.team,
            "uploaded": True,
            "ref": f"refs/heads/{branch}",
            "branch": branch,
            "before": "0" * 40,
            "after": upload.commit,
            "message": upload.message[:10_000],
            "author": upload.author[:200],
            "decision": "deploys: its bundle was uploaded",
        },
    )
    return push, created
