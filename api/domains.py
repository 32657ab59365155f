"""Hostnames of the team's own."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import idempotency
from api.asking import valid
from api.destinations import DestinationView
from api.idempotency import answered_once
from api.pagination import ByHostname, paged
from deployments import domains
from deployments.cloud import queue
from deployments.models import Domain
from deployments.narrowing import Filters, narrowed
from projects.models import Project
from projects.tokens import Scope

FILTERS: Final[Filters] = {
    "state": ("state", "In this state."),
    "destination": ("destination__name", "Of the destination of this name."),
}


class DomainSerializer(serializers.ModelSerializer[Domain]):
    destination = serializers.CharField(source="destination.name")

    class Meta:
        model = Domain
        fields = ("hostname", "destination", "state", "records", "detail", "error", "checked_at", "created_at")


class NewDomainSerializer(serializers.Serializer[Any]):
    hostname = serializers.CharField(max_length=300)
    destination = serializers.CharField(required=False, allow_blank=True, default="", max_length=50)


class DomainView(DestinationView):
    def domains(self, project: Project) -> Any:
        rows = Domain.objects.living().for_team(self.token.team).filter(project=project)
        return rows.select_related("destination__project", "team").order_by("hostname")

    def domain(self, project: Project, hostname: str) -> Domain:
        found: Domain = get_object_or_404(self.domains(project), hostname=hostname)
        return found


class Domains(DomainView):
    scopes: ClassVar = {"POST": Scope.CONFIGURE}

    @extend_schema(parameters=paged(FILTERS), responses=DomainSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        rows = narrowed(self.domains(self.project(slug)), request.query_params, FILTERS)
        return self.page(rows, DomainSerializer, ByHostname)

    @extend_schema(parameters=[idempotency.PARAMETER], request=NewDomainSerializer, responses={201: DomainSerializer})
    @answered_once
    def post(self, request: Request, slug: str) -> Response:
        """It serves once the DNS records that the answer names were seen."""
        project, wanted = self.project(slug), valid(NewDomainSerializer, request)
        destination = self.destination(project, wanted["destination"])
        made = domains.add(destination, wanted["hostname"], actor=self.token.user)
        return Response(DomainSerializer(made).data, status=201)


class OneDomain(DomainView):
    scopes: ClassVar = {"POST": Scope.CONFIGURE, "DELETE": Scope.CONFIGURE}

    @extend_schema(responses=DomainSerializer)
    def get(self, _request: Request, slug: str, hostname: str) -> Response:
        return Response(DomainSerializer(self.domain(self.project(slug), hostname)).data)

    @extend_schema(operation_id="v1_projects_domains_check", request=None, responses={202: DomainSerializer})
    def post(self, _request: Request, slug: str, hostname: str) -> Response:
        """Looks at its DNS now."""
        found = self.domain(self.project(slug), hostname)
        queue.see_to(found)
        return Response(DomainSerializer(found).data, status=202)

    @extend_schema(responses={204: None})
    def delete(self, _request: Request, slug: str, hostname: str) -> Response:
        domains.remove(self.domain(self.project(slug), hostname), actor=self.token.user)
        return Response(status=204)
