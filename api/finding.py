"""What a few letters lead to: projects by name, deployments by id, commit or branch."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.asking import asked
from api.views import TeamView
from deployments import addresses
from deployments.finding import found_deployments, found_projects, title_of
from deployments.models import Deployment
from projects.models import Project

_AT_MOST: Final = 10  # of each kind
_LEAST_LETTERS: Final = 2


class FoundSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=["project", "deployment"])
    id = serializers.CharField(help_text="The project's name, or the deployment's id.")
    title = serializers.CharField()
    url = serializers.CharField(help_text="Its page.")


class Find(TeamView):
    @extend_schema(
        parameters=[OpenApiParameter("q", str, description="Of a name, an id, a commit or a branch.")],
        responses=FoundSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Projects whose name has it, and the newest deployments whose id, commit or branch begins so; ten of each."""
        words = asked(request, "q").strip()
        if len(words) < _LEAST_LETTERS:
            return Response([])
        projects = [_project(one) for one in found_projects(self.projects(), words)[:_AT_MOST]]
        deployments = [_deployment(one) for one in found_deployments(self.deployments(), words)[:_AT_MOST]]
        return Response(FoundSerializer([*projects, *deployments], many=True).data)


def _project(project: Project) -> dict[str, str]:
    return {"kind": "project", "id": project.slug, "title": project.slug, "url": addresses.project_url(project)}


def _deployment(found: Deployment) -> dict[str, str]:
    shown = {"kind": "deployment", "id": found.public_id, "title": title_of(found)}
    return {**shown, "url": addresses.page_url(found)}
