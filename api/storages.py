"""What keeps the memory of a project's agents."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.pagination import OldestFirst, paged
from api.views import TeamView
from deployments.cloud import storages
from deployments.models import AgentStorage
from deployments.narrowing import Filters, narrowed
from deployments.storage import STORAGES
from deployments.storage.contract import StorageModule
from projects.models import Project
from projects.tokens import Scope, require_environment

FILTERS: Final[Filters] = {
    "provider": ("provider", "Kept by this one, such as neon."),
    "destination": ("destination__name", "Of the destination of this name."),
    "environment": ("environment", "production, preview or development."),
    "branch": ("branch", "Of this branch."),
}


class StorageSerializer(serializers.ModelSerializer[AgentStorage]):
    """The values of its variables are secrets, and not shown."""

    destination = serializers.CharField(source="destination.name")
    account = serializers.CharField(source="account.name", default=None, allow_null=True)
    variables = serializers.SerializerMethodField()

    class Meta:
        model = AgentStorage
        fields = (
            *("name", "provider", "account", "destination", "environment", "branch"),
            *("config", "variables", "error", "created_at"),
        )

    def get_variables(self, storage: AgentStorage) -> list[str]:
        return sorted(variable.name for variable in storage.variables.all())


class ProviderSerializer(serializers.Serializer[Any]):
    provider = serializers.CharField()
    credential = serializers.ListField(child=serializers.DictField())
    config = serializers.DictField(child=serializers.CharField())


class StorageView(TeamView):
    def storages(self, project: Project) -> Any:
        rows = AgentStorage.objects.living().for_team(self.token.team).filter(destination__project=project)
        return rows.select_related("destination__project", "account", "team").order_by("pk")


class Providers(StorageView):
    @extend_schema(responses=ProviderSerializer(many=True))
    def get(self, _request: Request) -> Response:
        """What can keep an agent's memory: what its account asks for, and what a destination's config may say of it."""
        return Response([_provider(name, module) for name, module in STORAGES.items()])


class Storages(StorageView):
    @extend_schema(parameters=paged(FILTERS), responses=StorageSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """Those that are there, also of destinations that were removed."""
        rows = self.storages(self.project(slug)).prefetch_related("variables")
        return self.page(narrowed(rows, request.query_params, FILTERS), StorageSerializer, OldestFirst)


class OneStorage(StorageView):
    scopes: ClassVar = {"DELETE": Scope.CONFIGURE}

    @extend_schema(operation_id="v1_projects_storages_delete", responses={202: None})
    def delete(self, _request: Request, slug: str, storage: str) -> Response:
        """With everything in it, once no agent that serves has it. What was there before it was named stays."""
        found: AgentStorage = get_object_or_404(self.storages(self.project(slug)), name=storage)
        require_environment(self.token, found.environment)
        storages.delete(found, actor=self.token.user)
        return Response(status=202)


def _provider(name: str, module: StorageModule) -> dict[str, Any]:
    asked = [
        {"name": one.name, "label": one.label, "hint": one.hint, "required": one.is_required}
        for one in module.credentials
    ]
    return {"provider": name, "credential": asked, "config": dict(module.config)}
