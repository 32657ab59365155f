"""What happened: who did what in the team, and what code hosts told, with what was decided about it."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.pagination import paged
from api.views import TeamView
from deployments.narrowing import Filters, narrowed
from projects.models import AuditEntry
from projects.tokens import Scope
from webhooks import readable, replaying
from webhooks.models import Delivery

AUDIT: Final[Filters] = {
    "about": ("subject", "About this, such as a project's name."),
    "person": ("actor__username", "By this person."),
    "verb": ("verb", "Of this kind, such as variable.set."),
}


class AuditSerializer(serializers.ModelSerializer[AuditEntry]):
    """`person` is null for what the platform did by itself. Values of secrets are in no entry."""

    person = serializers.CharField(source="actor.username", default=None, allow_null=True)
    about = serializers.CharField(source="subject")

    class Meta:
        model = AuditEntry
        fields = ("at", "person", "verb", "about", "detail")


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    id = serializers.IntegerField(source="pk")
    decision = serializers.CharField(source="words", help_text="What was decided for this team, or what went wrong.")

    class Meta:
        model = Delivery
        fields = ("id", "guid", "host", "event", "status", "attempts", "decision", "received_at", "processed_at")


class Audit(TeamView):
    @extend_schema(parameters=paged(AUDIT), responses=AuditSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Newest first."""
        rows = self.of_team(AuditEntry.objects).select_related("actor")
        return self.page(narrowed(rows, request.query_params, AUDIT), AuditSerializer)


class DeliveryView(TeamView):
    def deliveries(self) -> Any:
        team = self.token.team
        rows = readable.deliveries_of(team, also_nobodys=self.token.user.is_superuser)
        return rows.none() if self.token.project_id else rows

    def told(self, rows: list[Any]) -> list[Any]:
        for row in rows:
            row.words = readable.words_for(row, self.token.team)
        return rows


class Deliveries(DeliveryView):
    @extend_schema(parameters=paged(readable.FILTERS), responses=DeliverySerializer(many=True))
    def get(self, request: Request) -> Response:
        """Newest first, without what was in them."""
        rows = narrowed(self.deliveries(), request.query_params, readable.FILTERS)
        return self.page(rows, DeliverySerializer, told=self.told)


class ReplayDelivery(DeliveryView):
    scopes: ClassVar = {"POST": Scope.DEPLOY}

    @extend_schema(request=None, responses={202: DeliverySerializer})
    def post(self, _request: Request, pk: int) -> Response:
        """It is acted upon once more, unless something newer was."""
        found = get_object_or_404(self.deliveries(), pk=pk)
        self.require_whole_team()
        replaying.replay(found, team=self.token.team, actor=self.token.user)
        fresh = get_object_or_404(self.deliveries(), pk=pk)
        return Response(DeliverySerializer(self.told([fresh])[0]).data, status=202)
