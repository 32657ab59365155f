"""What a project runs at vendors."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.pagination import OldestFirst, paged
from api.views import TeamView
from deployments.cloud import following, queue, stopping, tidying
from deployments.models import CloudService
from deployments.narrowing import Filters, narrowed
from projects.models import Project
from projects.tokens import Scope, require_environment

FILTERS: Final[Filters] = {
    "platform": ("platform", "At this platform, such as fly."),
    "destination": ("destination__name", "Of the destination of this name."),
    "environment": ("environment", "production, preview or development."),
    "branch": ("branch", "Of this branch."),
}


class ServiceSerializer(serializers.ModelSerializer[CloudService]):
    destination = serializers.CharField(source="destination.name")
    drift = serializers.SerializerMethodField()
    log_stream = serializers.IntegerField(source="stream_id", allow_null=True)

    class Meta:
        model = CloudService
        fields = (
            *("name", "platform", "destination", "environment", "branch", "address", "shares", "drift", "error"),
            *("checked_at", "created_at", "deleted_at", "log_stream"),
        )

    def get_drift(self, service: CloudService) -> list[str]:
        return tidying.drift_of(service)


class ServiceView(TeamView):
    def services(self, project: Project) -> Any:
        rows = CloudService.objects.living().for_team(self.token.team).filter(project=project)
        return rows.select_related("destination__project", "team", "stream").order_by("pk")

    def service(self, project: Project, name: str) -> CloudService:
        found: CloudService = get_object_or_404(self.services(project), name=name)
        return found


class Services(ServiceView):
    @extend_schema(parameters=paged(FILTERS), responses=ServiceSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        rows = narrowed(self.services(self.project(slug)), request.query_params, FILTERS)
        return self.page(rows, ServiceSerializer, OldestFirst)


class OneService(ServiceView):
    scopes: ClassVar = {"DELETE": Scope.CONFIGURE}

    @extend_schema(responses=ServiceSerializer)
    def get(self, _request: Request, slug: str, service: str) -> Response:
        return Response(ServiceSerializer(self.service(self.project(slug), service)).data)

    @extend_schema(responses={202: None})
    def delete(self, _request: Request, slug: str, service: str) -> Response:
        """A preview's, or that of a destination which was removed, with everything made for it at the vendor."""
        stopping.stop(self.service(self.project(slug), service), actor=self.token.user)
        return Response(status=202)


class ServiceVerb(ServiceView):
    scopes: ClassVar = {"POST": Scope.DEPLOY}

    def changing_service(self, slug: str, name: str) -> CloudService:
        """One that this token may change."""
        found = self.service(self.project(slug), name)
        require_environment(self.token, found.environment)
        return found

    def accepted(self, service: CloudService) -> Response:
        fresh = self.service(service.project, service.name)
        return Response(ServiceSerializer(fresh).data, status=202)


class InspectService(ServiceVerb):
    @extend_schema(request=None, responses={202: ServiceSerializer})
    def post(self, _request: Request, slug: str, service: str) -> Response:
        """Looks at what is at the vendor."""
        found = self.changing_service(slug, service)
        queue.inspect(found)
        return self.accepted(found)


class RetryService(ServiceVerb):
    @extend_schema(request=None, responses={202: ServiceSerializer})
    def post(self, _request: Request, slug: str, service: str) -> Response:
        """Makes the vendor agree again: the traffic is moved to where it is wanted, or what nobody wants is deleted."""
        found = self.changing_service(slug, service)
        stopping.again(found, actor=self.token.user)
        return self.accepted(found)


class FollowService(ServiceVerb):
    @extend_schema(request=None, responses={202: ServiceSerializer})
    def post(self, _request: Request, slug: str, service: str) -> Response:
        """Fetches its log for ten minutes: live at /events/streams/<log_stream>."""
        found = self.changing_service(slug, service)
        following.start(found)
        return self.accepted(found)
