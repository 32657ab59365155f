"""What a project's agents did: the numbers of its page."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.asking import asked
from api.views import TeamView
from deployments.metrics.reading import Metrics, Point, Range, Tally, metrics_of

_RANGE = OpenApiParameter(
    "range", str, enum=list(Range), description="How far back; the last hour where none is named."
)
_DEPLOYMENT = OpenApiParameter("deployment", str, description="Of this deployment alone.")


class _QuerySerializer(serializers.Serializer[Any]):
    range = serializers.ChoiceField(choices=[one.value for one in Range], default=Range.HOUR.value)


class TallySerializer(serializers.Serializer[Any]):
    requests = serializers.IntegerField()
    client_errors = serializers.IntegerField(help_text="Answered 4xx.")
    server_errors = serializers.IntegerField(help_text="Answered 5xx.")
    error_rate = serializers.FloatField(allow_null=True, help_text="Server errors of all requests; null of none.")
    p50 = serializers.FloatField(allow_null=True, help_text="Seconds within which half of the answers were complete.")
    p95 = serializers.FloatField(allow_null=True)
    p99 = serializers.FloatField(allow_null=True)
    input_tokens = serializers.IntegerField(help_text="What the agents say that their models read.")
    output_tokens = serializers.IntegerField()


class PointSerializer(TallySerializer):
    at = serializers.DateTimeField(help_text="When the step begins.")


class SwitchSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    deployment = serializers.CharField()
    cause = serializers.CharField()


class ServedSerializer(serializers.Serializer[Any]):
    deployment = serializers.CharField()
    branch = serializers.CharField()
    environment = serializers.CharField()
    requests = serializers.IntegerField()


class MetricsSerializer(serializers.Serializer[Any]):
    range = serializers.ChoiceField(choices=[one.value for one in Range])
    deployment = serializers.CharField(help_text='"" is all of the project.')
    step_seconds = serializers.IntegerField()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField(help_text="The last step goes on.")
    total = TallySerializer()
    series = PointSerializer(many=True, help_text="A point for each step, also where nothing happened.")
    production_changes = SwitchSerializer(many=True, help_text="When production was pointed at which deployment.")
    deployments = ServedSerializer(many=True, help_text="Who served in this time, the newest first.")


class ProjectMetrics(TeamView):
    @extend_schema(parameters=[_RANGE, _DEPLOYMENT], responses=MetricsSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """Requests, errors, latency and tokens of the agents that this installation serves, by step.

        What is served elsewhere is measured there. Streams and WebSockets are requests, and no latency.
        """
        query = _QuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        project, public_id = self.project(slug), asked(request, "deployment")
        rows = self.deployments().filter(project=project)
        deployment = get_object_or_404(rows, public_id=public_id) if public_id else None
        found = metrics_of(project, Range(query.validated_data["range"]), deployment)
        return Response(MetricsSerializer(_said(found, public_id)).data)


def _said(metrics: Metrics, deployment: str) -> dict[str, Any]:
    return {
        "range": metrics.range,
        "deployment": deployment,
        "step_seconds": metrics.step.total_seconds(),
        "since": metrics.since,
        "until": metrics.until,
        "total": _numbers(metrics.total),
        "series": [_point(one) for one in metrics.points],
        "production_changes": metrics.switches,
        "deployments": metrics.served,
    }


def _point(point: Point) -> dict[str, Any]:
    return {"at": point.at, **_numbers(point.tally)}


def _numbers(tally: Tally) -> dict[str, Any]:
    counted = ("requests", "client_errors", "server_errors", "error_rate", "input_tokens", "output_tokens")
    latency = {"p50": tally.seconds(0.5), "p95": tally.seconds(0.95), "p99": tally.seconds(0.99)}
    return {name: getattr(tally, name) for name in counted} | latency
