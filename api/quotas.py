"""What the token's team uses of each quota, and what happens at the limit."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.views import TeamView
from deployments.usage_limits import uses


class QuotaSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    title = serializers.CharField()
    used = serializers.IntegerField(help_text="In bytes where `is_bytes`, else by number.")
    limit = serializers.IntegerField(help_text="0 is no limit.")
    is_bytes = serializers.BooleanField()
    at_limit = serializers.CharField(help_text="What the team is told there.")
    next_step = serializers.CharField()


class Quotas(TeamView):
    @extend_schema(responses=QuotaSerializer(many=True))
    def get(self, _request: Request) -> Response:
        return Response(QuotaSerializer(uses(self.token.team), many=True).data)
