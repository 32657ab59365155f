"""What a report is made of: the deployments of a commit, what the builds found, the pull requests that show them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q

from clients.code_host import Annotation, AnnotationLevel
from deployments import addresses
from deployments.models import (
    CloudVersion,
    Deployment,
    DeploymentStatus,
    Instance,
    PullRequest,
    Route,
    RouteKind,
    Wanted,
)
from projects.models import Project

_LEVELS: Final[Mapping[str, AnnotationLevel]] = {
    "error": AnnotationLevel.FAILURE,
    "warning": AnnotationLevel.WARNING,
    "info": AnnotationLevel.NOTICE,
}


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit of a project, with the newest deployment of each destination."""

    project: Project
    sha: str
    deployments: tuple[Deployment, ...]

    @property
    def findings(self) -> list[dict[str, Any]]:
        """Of each build and uploaded bundle, said once. What an earlier build said comes first, and stays there."""
        builds = sorted({one.build for one in self.deployments if one.build}, key=lambda build: build.pk)
        found: list[dict[str, Any]] = []
        uploaded = [finding for one in self.deployments if not one.build for finding in one.findings]
        for finding in [*(finding for build in builds for finding in build.findings), *uploaded]:
            bare = {key: value for key, value in finding.items() if key != "frame"}  # it says the same without
            if bare not in found:
                found.append(bare)
        return found


def commit_of(deployment: Deployment) -> Commit:
    rows = Deployment.objects.filter(project_id=deployment.project_id, push__after=deployment.push.after)
    return Commit(deployment.project, deployment.push.after, _newest(rows))


def shown_by(pull_request: PullRequest) -> tuple[Deployment, ...]:
    """The newest deployment of each destination for the pull request's branch; of one that is closed, for the commit
    that it ended with: what the branch does later is not its affair."""
    if pull_request.is_fork:
        return _newest(Deployment.objects.filter(push__pull_request=pull_request))
    rows = Deployment.objects.filter(project_id=pull_request.project_id, branch=pull_request.head_branch)
    own = rows.filter(push__pull_request=None)
    return _newest(own if pull_request.is_open else own.filter(push__after=pull_request.head_sha))


def pull_requests_of(deployment: Deployment) -> list[PullRequest]:
    """The open ones that show it, and those that were told of it before."""
    if deployment.push.pull_request_id:
        rows = PullRequest.objects.filter(pk=deployment.push.pull_request_id)
    else:
        own = Q(project_id=deployment.project_id, head_branch=deployment.branch, is_fork=False)
        rows = PullRequest.objects.filter(own)
    return list(rows.filter(Q(is_open=True) | Q(comment__isnull=False)).select_related("project").order_by("pk"))


def annotations_of(findings: Sequence[Mapping[str, Any]], root: str) -> list[Annotation]:
    """Those that have a place. The project's root is where their files lie in the repository."""
    return [
        Annotation(
            f"{root}/{one['file']}".lstrip("/"),
            max(1, int(one["line"])),
            _LEVELS.get(str(one["severity"]), AnnotationLevel.NOTICE),
            str(one["code"])[:255],
            f"{one['message']} {one['hint']}".strip(),
        )
        for one in findings
        if one.get("file")
    ]


def is_torn_down(deployment: Deployment) -> bool:
    """It was ready, and nothing of it runs or may be started any more."""
    if deployment.status != DeploymentStatus.READY:
        return False
    gone = Instance.objects.filter(deployment=deployment, wanted=Wanted.GONE).exists()
    gone_there = CloudVersion.objects.filter(deployment=deployment, gone_at__isnull=False).exists()
    return deployment.expired_at is not None or gone or gone_there


def serves_production(deployment: Deployment) -> bool:
    return Route.objects.filter(kind=RouteKind.PRODUCTION, wanted=deployment).exists()


def url_of(deployment: Deployment, pull_request: PullRequest | None = None) -> str:
    """The steadiest address at which it answers: the pull request's, production's, or its own. Empty for none."""
    if deployment.status != DeploymentStatus.READY or is_torn_down(deployment):
        return ""
    routes = {route.kind: route for route in _routes(deployment, pull_request)}
    kinds = [RouteKind.PULL, RouteKind.PRODUCTION, RouteKind.DEPLOYMENT]
    return next((url for kind in kinds if kind in routes and (url := addresses.route_url(routes[kind]))), "")


def _routes(deployment: Deployment, pull_request: PullRequest | None) -> Iterator[Route]:
    for route in Route.objects.filter(wanted=deployment).select_related("destination"):
        if route.kind != RouteKind.PULL or (pull_request and route.branch == str(pull_request.number)):
            yield route


def _newest(rows: Any) -> tuple[Deployment, ...]:
    newest = rows.order_by("destination", "-pk").distinct("destination").values("pk")
    return tuple(Deployment.objects.with_everything().filter(pk__in=newest).order_by("destination__pk"))
