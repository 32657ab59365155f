"""Loads what a project names elsewhere, with the team's own values and never with the platform's identity."""

from __future__ import annotations

from builds.loaders.remote import Identity, RemoteLoader
from builds.models import Build, Trust
from clients.addresses import PUBLIC_ONLY
from clients.guarded_http import GuardedHttp
from projects.actions import audit_unsealing
from projects.models import Environment, Variable
from projects.secrets import unseal


def project_loader(build: Build) -> RemoteLoader:
    """One bundle serves every environment, so production's values count; a fork's code gets none."""
    return RemoteLoader(GuardedHttp(PUBLIC_ONLY), PUBLIC_ONLY, Identity.TEAM, _variables(build))


def _variables(build: Build) -> dict[str, str]:
    if build.trust != Trust.OWN:
        return {}
    found = Variable.objects.for_team(build.team).filter(
        project=build.project, environment=Environment.PRODUCTION, branch=""
    )
    variables = list(found.select_related("version"))
    audit_unsealing(
        build.team, build.project.slug, [one.name for one in variables], why="build", commit=build.commit_sha
    )
    return {one.name: unseal(one.version) for one in variables}
