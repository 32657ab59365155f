"""Where a project's pushes go, and the canaries there."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import idempotency
from api.asking import valid
from api.idempotency import answered_once
from api.pagination import OldestFirst, paged
from api.views import TeamView
from core.targets import Platform, Target
from deployments import canaries, destinations, routing
from deployments.destinations import Wish
from deployments.models import Deployment, Destination
from deployments.narrowing import Filters, narrowed
from projects.models import Environment, Project
from projects.tokens import Scope, require_environment

FILTERS: Final[Filters] = {
    "target": ("target", "Of this target, such as nodejs."),
    "platform": ("platform", "At this platform, such as fly."),
    "environment": ("environment", "production, preview or development."),
}


class DestinationSerializer(serializers.ModelSerializer[Destination]):
    account = serializers.CharField(source="account.name", default=None, allow_null=True)

    class Meta:
        model = Destination
        fields = (
            *("name", "target", "platform", "environment", "branches", "may_fail", "config", "account"),
            *("declared_by", "is_default", "created_at", "removed_at"),
        )


class WishSerializer(serializers.Serializer[Any]):
    """`environment` left out is the branch's own."""

    name = serializers.CharField(max_length=50)
    target = serializers.ChoiceField(choices=[one.value for one in Target])
    platform = serializers.ChoiceField(choices=[one.value for one in Platform])
    environment = serializers.ChoiceField(choices=Environment.choices, required=False, allow_blank=True, default="")
    branches = serializers.ListField(child=serializers.CharField(max_length=250), required=False, default=list)
    may_fail = serializers.BooleanField(required=False, default=False)
    config = serializers.DictField(required=False, default=dict)
    account = serializers.CharField(required=False, allow_blank=True, default="", max_length=50)

    def to_wish(self) -> Wish:
        given = dict(self.validated_data)
        target, platform = Target(given.pop("target")), Platform(given.pop("platform"))
        return Wish(target=target, platform=platform, branches=tuple(given.pop("branches")), **given)


class WishChangeSerializer(WishSerializer):
    name = serializers.CharField(required=False, max_length=50)
    target = serializers.ChoiceField(choices=[one.value for one in Target], required=False)
    platform = serializers.ChoiceField(choices=[one.value for one in Platform], required=False)


class CanarySerializer(serializers.Serializer[Any]):
    """0 % ends it; then `deployment` may be left out, and `destination` names whose canary it is."""

    deployment = serializers.CharField(required=False, allow_blank=True, default="", max_length=9)
    percent = serializers.IntegerField(min_value=0, max_value=99)
    destination = serializers.CharField(required=False, allow_blank=True, default="", max_length=50)


class DestinationView(TeamView):
    def destinations(self, project: Project) -> Any:
        destinations.destinations_of(project)
        rows = Destination.objects.living().for_team(self.token.team).filter(project=project)
        return rows.select_related("account", "project__team", "team").order_by("pk")

    def destination(self, project: Project, name: str) -> Destination:
        if not name:
            return destinations.default_destination(project)
        found: Destination = get_object_or_404(self.destinations(project), name=name)
        return found


class Destinations(DestinationView):
    scopes: ClassVar = {"POST": Scope.CONFIGURE}

    @extend_schema(parameters=paged(FILTERS), responses=DestinationSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        rows = narrowed(self.destinations(self.project(slug)), request.query_params, FILTERS)
        return self.page(rows, DestinationSerializer, OldestFirst)

    @extend_schema(parameters=[idempotency.PARAMETER], request=WishSerializer, responses={201: DestinationSerializer})
    @answered_once
    def post(self, request: Request, slug: str) -> Response:
        """Pushes go there from now on. What deployment.yml declares under the same name wins."""
        project, wish = self.project(slug), WishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        made = destinations.add(project, wish.to_wish(), actor=self.token.user)
        return Response(DestinationSerializer(made).data, status=201)


class OneDestination(DestinationView):
    scopes: ClassVar = {"PATCH": Scope.CONFIGURE, "DELETE": Scope.CONFIGURE}

    @extend_schema(responses=DestinationSerializer)
    def get(self, _request: Request, slug: str, destination: str) -> Response:
        return Response(DestinationSerializer(self.destination(self.project(slug), destination)).data)

    @extend_schema(request=WishChangeSerializer, responses=DestinationSerializer)
    def patch(self, request: Request, slug: str, destination: str) -> Response:
        """What is left out stays. Name, target and platform cannot change."""
        found = self.destination(self.project(slug), destination)
        before = {**DestinationSerializer(found).data, "account": found.account.name if found.account else ""}
        wish = WishSerializer(data={**before, **dict(request.data), "name": found.name})
        wish.is_valid(raise_exception=True)
        changed = destinations.change(found, wish.to_wish(), actor=self.token.user)
        return Response(DestinationSerializer(changed).data)

    @extend_schema(responses={204: None})
    def delete(self, _request: Request, slug: str, destination: str) -> Response:
        """Nothing new goes there; what serves in production goes on until its service is deleted."""
        destinations.retire(self.destination(self.project(slug), destination), actor=self.token.user)
        return Response(status=204)


class Canary(DestinationView):
    scopes: ClassVar = {"POST": Scope.DEPLOY}

    @extend_schema(request=CanarySerializer, responses={200: dict})
    def post(self, request: Request, slug: str) -> Response:
        """A part of production's traffic for a deployment, where the platform can do that."""
        require_environment(self.token, Environment.PRODUCTION)
        project, wanted = self.project(slug), valid(CanarySerializer, request)
        if wanted["percent"]:
            deployment: Deployment = get_object_or_404(
                self.deployments(), public_id=wanted["deployment"], project=project
            )
            route = canaries.start(deployment, wanted["percent"], actor=self.token.user)
        else:
            destination = self.destination(project, wanted["destination"])
            route = canaries.end(routing.production_route(destination), actor=self.token.user)
        shown = route.canary.public_id if route.canary else None
        return Response({"deployment": shown, "percent": route.canary_percent, "hostname": route.hostname})
