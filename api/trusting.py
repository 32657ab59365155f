"""Which workflows may deploy a project without a secret."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import idempotency
from api.idempotency import answered_once
from api.pagination import OldestFirst, paged
from api.views import TeamView
from deployments.narrowing import Filters, narrowed
from projects import trusted_deploys
from projects.models import DeployPolicy, Environment
from projects.tokens import Scope, require_environment

_LARGEST: Final = 2**63 - 1
FILTERS: Final[Filters] = {"environment": ("environment", "production or preview.")}


class PolicySerializer(serializers.ModelSerializer[DeployPolicy]):
    id = serializers.IntegerField(source="pk")
    created_by = serializers.CharField(source="created_by.username")

    class Meta:
        model = DeployPolicy
        fields = (
            *("id", "environment", "repository_id", "owner_id", "ref", "job_environment", "workflow"),
            *("created_by", "created_at"),
        )


class NewPolicySerializer(serializers.Serializer[Any]):
    """All that it names must fit a job; what is empty fits anything."""

    environment = serializers.ChoiceField(choices=[Environment.PRODUCTION.value, Environment.PREVIEW.value])
    repository_id = serializers.IntegerField(min_value=1, max_value=_LARGEST, help_text="The code host's number.")
    owner_id = serializers.IntegerField(min_value=1, max_value=_LARGEST, help_text="The number of its owner.")
    ref = serializers.CharField(max_length=290, help_text="Such as refs/heads/main; a * stands for anything.")
    job_environment = serializers.CharField(required=False, allow_blank=True, default="", max_length=255)
    workflow = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=255, help_text="Such as .github/workflows/deploy.yml."
    )

    def to_wanted(self) -> trusted_deploys.Wanted:
        return trusted_deploys.Wanted(**{name: str(value) for name, value in self.validated_data.items()})


class PolicyView(TeamView):
    def policies(self, slug: str) -> Any:
        rows = DeployPolicy.objects.for_team(self.token.team).filter(project=self.project(slug))
        return rows.select_related("project", "team", "created_by")


class Policies(PolicyView):
    scopes: ClassVar = {"POST": Scope.ADMIN}

    @extend_schema(parameters=paged(FILTERS), responses=PolicySerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        return self.page(narrowed(self.policies(slug), request.query_params, FILTERS), PolicySerializer, OldestFirst)

    @extend_schema(parameters=[idempotency.PARAMETER], request=NewPolicySerializer, responses={201: PolicySerializer})
    @answered_once
    def post(self, request: Request, slug: str) -> Response:
        """Jobs that fit exchange their proof for a token of a quarter of an hour, at /api/v1/oidc/exchange."""
        project, wanted = self.project(slug), NewPolicySerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        require_environment(self.token, wanted.validated_data["environment"])
        made = trusted_deploys.trust(project, wanted.to_wanted(), actor=self.token.user)
        return Response(PolicySerializer(made).data, status=201)


class OnePolicy(PolicyView):
    scopes: ClassVar = {"DELETE": Scope.ADMIN}

    @extend_schema(responses={204: None})
    def delete(self, _request: Request, slug: str, pk: int) -> Response:
        """Tokens that it gave go on for the rest of their minutes."""
        found = get_object_or_404(self.policies(slug), pk=pk)
        require_environment(self.token, found.environment)
        trusted_deploys.distrust(found, actor=self.token.user)
        return Response(status=204)
