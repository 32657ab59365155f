"""For the installation's operator: what waits, what runs and where, what failed. Of all teams, so for nobody else."""

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
from projects import operations
from projects.models import Operation
from projects.repeating import repeat
from projects.tokens import Scope
from webhooks.workload import summary

FILTERS: Final[Filters] = {
    "status": ("status", "queued, running, done, failed, cancelled, timed_out or lost."),
    "kind": ("kind", "Of this kind, such as build."),
    "team": ("team__slug", "For this team."),
}


class OperationSerializer(serializers.ModelSerializer[Operation]):
    id = serializers.IntegerField(source="pk")
    team = serializers.CharField(source="team.slug")
    may_repeat = serializers.SerializerMethodField()

    class Meta:
        model = Operation
        fields = (
            *("id", "kind", "subject_id", "team", "status", "attempts", "lease_owner", "lease_expires_at", "error"),
            *("may_repeat", "due_at", "created_at", "started_at", "finished_at"),
        )

    def get_may_repeat(self, operation: Operation) -> bool:
        return operations.may_repeat(operation)


class OperatorView(TeamView):
    def operations(self) -> Any:
        """Who is no operator learns nothing of other teams' operations, not even that there is one."""
        rows = Operation.objects.select_related("team")
        return rows if self.token.user.is_superuser and not self.is_limited else rows.filter(team=self.token.team)

    def require_operator(self) -> None:
        self.require_whole_team()
        if not self.token.user.is_superuser:
            self.permission_denied(self.request, message="Only the installation's owner sees its queue.")


class Queue(OperatorView):
    scopes: ClassVar = {"GET": Scope.ADMIN}

    @extend_schema(responses={200: dict})
    def get(self, _request: Request) -> Response:
        """How much of each kind waits, runs and failed; deliveries and events that wait; workers and machines."""
        self.require_operator()
        return Response(summary())


class Operations(OperatorView):
    scopes: ClassVar = {"GET": Scope.ADMIN}

    @extend_schema(parameters=paged(FILTERS), responses=OperationSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Newest first; `?status=failed` are those that can be looked at and repeated."""
        self.require_operator()
        return self.page(narrowed(self.operations(), request.query_params, FILTERS), OperationSerializer)


class RepeatOperation(OperatorView):
    scopes: ClassVar = {"POST": Scope.ADMIN}

    @extend_schema(request=None, responses={202: OperationSerializer})
    def post(self, _request: Request, pk: int) -> Response:
        """What failed, once more; the answer is the operation that is under way now."""
        found = get_object_or_404(self.operations(), pk=pk)
        self.require_operator()
        return Response(OperationSerializer(repeat(found, actor=self.token.user)).data, status=202)
