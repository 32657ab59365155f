"""What others ask of builds."""

from __future__ import annotations

from builds import logs
from builds.models import Build, Trust
from core.targets import Target
from projects import operations
from projects.models import Project

KIND = "build"


def request_build(
    project: Project,
    commit_sha: str,
    ref: str,
    *,
    target: Target,
    trust: Trust = Trust.OWN,
    deployed_sha: str = "",
    ignore_command: str = "",
    fresh: bool = False,
) -> Build:
    """Queues a build, in the caller's transaction. With the commit that serves now watch paths may skip it, with an
    ignored-build command that may. A `fresh` one takes nothing of earlier builds."""
    build: Build = Build.objects.create(
        team=project.team,
        project=project,
        commit_sha=commit_sha,
        ref=ref,
        target=target,
        trust=trust,
        deployed_sha=deployed_sha,
        ignore_command=ignore_command,
        fresh=fresh,
        stream=logs.open_stream(project.team),
    )
    operations.enqueue(project.team, KIND, build.pk, f"build:{build.pk}")
    return build


def cancel_build(build: Build) -> None:
    operations.cancel(KIND, build.pk)
