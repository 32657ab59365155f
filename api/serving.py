"""What serves: where its logs are, and how a deployment differs from production."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.asking import asked
from api.views import TeamView
from builds import logs
from core.numbers import whole_number
from deployments import routing
from deployments.comparing import Comparison, compared
from deployments.runtime_logs import Place, places_of


class PlaceSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(help_text="A deployment's id, or the name of a service.")
    place = serializers.CharField(help_text="In words, such as production · local.")
    state = serializers.CharField(allow_blank=True)
    deployment = serializers.CharField(allow_null=True)
    service = serializers.CharField(allow_null=True)
    stream = serializers.IntegerField(allow_null=True, help_text="Live at /events/streams/<stream>.")
    tells_logs = serializers.BooleanField(help_text="Whether its platform hands out a log.")


class ComparisonSerializer(serializers.Serializer[Any]):
    """`production` is null where there is nothing to compare with."""

    production = serializers.CharField(allow_null=True)
    is_the_same = serializers.BooleanField(allow_null=True)
    agent = serializers.ListField(
        child=serializers.CharField(), allow_null=True, help_text="A sentence for each difference; null is not known."
    )
    variables = serializers.ListField(child=serializers.CharField())
    bytes_more = serializers.IntegerField(help_text="Than production's bundle has.")


class RuntimeLogs(TeamView):
    @extend_schema(responses=PlaceSerializer(many=True))
    def get(self, _request: Request, slug: str) -> Response:
        """Where agents of the project serve: production first, then the newest previews, and what runs at vendors."""
        return Response(PlaceSerializer([_place(one) for one in places_of(self.project(slug))], many=True).data)


class OneRuntimeLog(TeamView):
    @extend_schema(
        parameters=[OpenApiParameter("after", int, description="Lines after this sequence.")], responses={200: dict}
    )
    def get(self, request: Request, slug: str, key: str) -> Response:
        """What the agent there printed while it served."""
        place = next((one for one in places_of(self.project(slug)) if one.key == key), None)
        if place is None:
            raise Http404(key)
        if place.stream is None:
            return Response({"lines": [], "ended": False})
        after = whole_number(asked(request, "after"))
        page = logs.read(place.stream.pk, after=-1 if after is None else after)
        return Response({"lines": [line.as_dict() for line in page.lines], "ended": page.ended})


class BesideProduction(TeamView):
    @extend_schema(responses=ComparisonSerializer)
    def get(self, _request: Request, public_id: str) -> Response:
        """What would change with it: model, tools, prompts, variables by name, and size."""
        deployment = self.deployment(public_id)
        route = routing.serving(deployment.destination_id)
        return Response(ComparisonSerializer(_told(compared(deployment, route.wanted if route else None))).data)


def _place(place: Place) -> dict[str, Any]:
    return {
        **{name: getattr(place, name) for name in ("key", "state", "tells_logs")},
        "place": place.label,
        "deployment": place.deployment.public_id if place.deployment else None,
        "service": place.service.name if place.service else None,
        "stream": place.stream.pk if place.stream else None,
    }


def _told(found: Comparison | None) -> dict[str, Any]:
    if found is None:
        return {"production": None, "is_the_same": None, "agent": None, "variables": [], "bytes_more": 0}
    said = {"agent": found.agent, "variables": found.variables, "bytes_more": found.growth}
    return {"production": found.production.public_id, "is_the_same": found.is_the_same, **said}
