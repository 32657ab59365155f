"""The interface that the published `dexto deploy` command speaks: snapshots in, agents out.

Every answer is `{success, data}` or `{success, error, hint}`. What goes on to the agent itself is streamed by
`api.agent_proxy`.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from api.parsers import JSONParser
from api.views import TeamView
from deployments import addresses, hostnames
from deployments.actions import delete_project
from deployments.models import Deployment, Route, RouteKind
from origin import cloud_agents
from projects.models import Environment, Project
from projects.tokens import Scope, require_environment


class SnapshotSerializer(serializers.Serializer[Any]):
    agentType = serializers.ChoiceField(choices=["workspace", "cloud-default"])  # noqa: N815  # the client's names
    entryAgent = serializers.CharField(required=False, allow_blank=True, default="", max_length=500)  # noqa: N815
    cloudAgentId = serializers.SlugField(required=False, allow_blank=True, default="")  # noqa: N815
    workspaceSnapshot = serializers.FileField(required=False, default=None)  # noqa: N815


class CloudAgentView(TeamView):
    """Tokens of people; the id of an agent is its project's name."""

    def agent(self, slug: str) -> Project:
        found: Project = get_object_or_404(self.projects(), slug=slug)
        return found

    def handle_exception(self, exc: Exception) -> Response:
        """The client reads `error` and `hint` beside `success`."""
        refused = super().handle_exception(exc)
        said = refused.data
        refused.data = {"success": False, "error": said["message"], "hint": said["hint"], "code": said["code"]}
        refused.content_type = "application/json"
        return refused


class Deploy(CloudAgentView):
    scopes: ClassVar = {"POST": Scope.DEPLOY}
    parser_classes = (MultiPartParser, JSONParser)

    @extend_schema(request=SnapshotSerializer, responses={200: dict})
    def post(self, request: Request) -> Response:
        """Deploys a snapshot: as a new agent, or as the next version of the one that is named."""
        require_environment(self.token, Environment.PRODUCTION)
        wanted = SnapshotSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        valid = wanted.validated_data
        archive = valid["workspaceSnapshot"] if valid["agentType"] == "workspace" else None
        if valid["agentType"] == "workspace" and archive is None:
            raise serializers.ValidationError({"workspaceSnapshot": ["The archive is missing."]})
        before = self.agent(valid["cloudAgentId"]) if valid["cloudAgentId"] else None
        snapshot = cloud_agents.Snapshot(valid["entryAgent"] if archive else "", archive)
        project = cloud_agents.deploy(self.token.team, snapshot, to=before, actor=self.token.user)
        return _succeeded(_described(project))


class Agents(CloudAgentView):
    @extend_schema(responses={200: dict})
    def get(self, _request: Request) -> Response:
        agents = [_listed(project) for project in self.projects().filter(repository__host="origin").order_by("slug")]
        return _succeeded({"cloudAgents": agents})


class OneAgent(CloudAgentView):
    scopes: ClassVar = {"DELETE": Scope.CONFIGURE}

    @extend_schema(responses={200: dict})
    def get(self, _request: Request, slug: str) -> Response:
        return _succeeded(_described(self.agent(slug)))

    @extend_schema(responses={200: dict})
    def delete(self, _request: Request, slug: str) -> Response:
        project = self.agent(slug)
        said = {"cloudAgentId": project.slug, "agentUrl": _url(project)}
        delete_project(project, actor=self.token.user)
        return _succeeded(said)


class Stop(CloudAgentView):
    scopes: ClassVar = {"POST": Scope.DEPLOY}

    @extend_schema(request=None, responses={200: dict})
    def post(self, _request: Request, slug: str) -> Response:
        require_environment(self.token, Environment.PRODUCTION)
        project = self.agent(slug)
        stopped = cloud_agents.stop(project, actor=self.token.user)
        said = {"cloudAgentId": project.slug, "agentUrl": _url(project)}
        return _succeeded({**said, "stopped": True, "alreadyStopped": not stopped, "snapshotStatus": "available"})


class Unknown(CloudAgentView):
    """Every other address."""

    scopes: ClassVar = dict.fromkeys(("POST", "PUT", "PATCH", "DELETE"), Scope.READ)

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        raise Http404(request.path)

    post = put = patch = delete = get


def _described(project: Project) -> dict[str, Any]:
    deployment = cloud_agents.newest(project)
    agent = {
        "runId": deployment.public_id if deployment else "",
        "agentUrl": _url(project),
        "hostUrl": _page(project, deployment),
        "state": {"status": cloud_agents.status(deployment)},
    }
    return {"cloudAgentId": project.slug, "agentUrl": agent["agentUrl"], "cloudAgent": agent}


def _listed(project: Project) -> dict[str, Any]:
    described = _described(project)
    agent = described["cloudAgent"]
    return {
        "cloudAgentId": project.slug,
        "name": project.slug,
        **{key: agent[key] for key in ("agentUrl", "hostUrl", "state")},
    }


def _url(project: Project) -> str:
    """Where the agent answers, or will once it is live for the first time."""
    route = Route.objects.filter(project=project, kind=RouteKind.PRODUCTION).first()
    if route is not None:
        return addresses.route_url(route)
    label = next(hostnames.production_labels(project.slug, project_id=project.pk))
    return addresses.agent_url(f"{label}.{settings.BASE_DOMAIN}")


def _page(project: Project, deployment: Deployment | None) -> str:
    return addresses.page_url(deployment) if deployment else f"{settings.PUBLIC_URL}/{project.team.slug}/{project.slug}"


def _succeeded(data: dict[str, Any]) -> Response:
    return Response({"success": True, "data": data})
