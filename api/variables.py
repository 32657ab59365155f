"""A project's variables."""

from __future__ import annotations

from typing import ClassVar, Final

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api import idempotency, serializers
from api.asking import asked, valid
from api.idempotency import answered_once
from api.pagination import ByVariable, paged
from api.views import TeamView
from deployments.narrowing import Filters, narrowed
from projects import actions as project_actions
from projects.models import Environment, Variable
from projects.tokens import Scope

FILTERS: Final[Filters] = {
    "name": ("name", "Of this name."),
    "environment": ("environment", "production, preview or development."),
    "branch": ("branch", "For this branch."),
}


class Variables(TeamView):
    scopes: ClassVar = {"POST": Scope.CONFIGURE}

    @extend_schema(parameters=paged(FILTERS), responses=serializers.VariableSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        rows = Variable.objects.for_team(self.token.team).filter(project=self.project(slug)).select_related("version")
        return self.page(narrowed(rows, request.query_params, FILTERS), serializers.VariableSerializer, ByVariable)

    @extend_schema(
        parameters=[idempotency.PARAMETER],
        request=serializers.NewVariableSerializer,
        responses={201: serializers.VariableSerializer},
    )
    @answered_once
    def post(self, request: Request, slug: str) -> Response:
        """Sets a value for the deployments that are made from now on."""
        project, wanted = self.project(slug), valid(serializers.NewVariableSerializer, request)
        variable = project_actions.set_variable(
            project,
            wanted["name"],
            wanted["value"],
            environment=Environment(wanted["environment"]),
            branch=wanted["branch"],
            is_secret=wanted["secret"],
            actor=self.token.user,
        )
        return Response(serializers.VariableSerializer(variable).data, status=201)


class OneVariable(TeamView):
    scopes: ClassVar = {"DELETE": Scope.CONFIGURE}

    @extend_schema(responses={204: None})
    def delete(self, request: Request, slug: str, name: str) -> Response:
        """In the `?environment=` that is named, for the `?branch=` if one is named."""
        rows = Variable.objects.for_team(self.token.team).select_related("team", "project")
        variable = get_object_or_404(
            rows,
            project=self.project(slug),
            name=name,
            environment=asked(request, "environment") or Environment.PRODUCTION,
            branch=asked(request, "branch"),
        )
        project_actions.remove_variable(variable, actor=self.token.user)
        return Response(status=204)
