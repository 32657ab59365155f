"""Who is told of what happens, and the ledger of what was told."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import idempotency
from api.asking import asked, valid
from api.idempotency import answered_once
from api.pagination import PAGE, paged
from api.views import TeamView
from core.numbers import whole_number
from deployments.models import Notification, NotificationStatus, NotificationTarget, TargetKind
from deployments.notifying import actions
from deployments.notifying.actions import Wish
from deployments.notifying.events import CHOICES
from projects.tokens import Scope

_EVENTS = [event.value for event in CHOICES]


class TargetSerializer(serializers.ModelSerializer[NotificationTarget]):
    """`shown` is what of its address is no secret. `paused_because` says why, where the platform paused it."""

    project = serializers.CharField(source="project.slug", default=None, allow_null=True)
    paused = serializers.SerializerMethodField()

    class Meta:
        model = NotificationTarget
        fields = ("id", "kind", "name", "project", "events", "shown", "paused", "paused_because", "created_at")

    def get_paused(self, target: NotificationTarget) -> bool:
        return target.paused_at is not None


class MadeTargetSerializer(TargetSerializer):
    """`secret` signs what a webhook is sent. It is in this answer, and in no other."""

    secret = serializers.CharField()

    class Meta:
        model = NotificationTarget
        fields = (*TargetSerializer.Meta.fields, "secret")


class NewTargetSerializer(serializers.Serializer[Any]):
    """Without a project it is told of all of the team's."""

    kind = serializers.ChoiceField(choices=TargetKind.choices)
    name = serializers.CharField(max_length=50)
    address = serializers.CharField(max_length=2_000, help_text="An e-mail address, or the URL of a webhook.")
    events = serializers.ListField(child=serializers.ChoiceField(choices=_EVENTS), min_length=1)
    project = serializers.CharField(required=False, allow_blank=True, default="", max_length=50)


class TargetChangeSerializer(serializers.Serializer[Any]):
    events = serializers.ListField(child=serializers.ChoiceField(choices=_EVENTS), min_length=1, required=False)
    paused = serializers.BooleanField(required=False)


class NotificationSerializer(serializers.ModelSerializer[Notification]):
    """`id` is that of the header `webhook-id`. `payload` is what was so when it happened."""

    id = serializers.UUIDField(source="public_id")
    target = serializers.IntegerField(source="target_id")
    payload = serializers.DictField()

    class Meta:
        model = Notification
        fields = (
            *("id", "target", "event", "status", "attempts", "answer_status", "answer", "created_at", "sent_at"),
            *("due_at", "payload"),
        )


class NotificationView(TeamView):
    def targets(self) -> Any:
        """A token of one project sees that project's."""
        rows = NotificationTarget.objects.living().for_team(self.token.team)
        rows = rows.select_related("team", "project", "address", "signing")
        return rows.filter(project=self.token.project_id) if self.token.project_id else rows

    def target(self, pk: int) -> NotificationTarget:
        found: NotificationTarget = get_object_or_404(self.targets(), pk=pk)
        return found

    def deliveries(self) -> Any:
        rows = Notification.objects.for_team(self.token.team).select_related("target__team", "team")
        return rows.filter(target__project=self.token.project_id) if self.token.project_id else rows


class Targets(NotificationView):
    scopes: ClassVar = {"POST": Scope.CONFIGURE}

    @extend_schema(parameters=paged(), responses=TargetSerializer(many=True))
    def get(self, _request: Request) -> Response:
        return self.page(self.targets(), TargetSerializer)

    @extend_schema(
        parameters=[idempotency.PARAMETER], request=NewTargetSerializer, responses={201: MadeTargetSerializer}
    )
    @answered_once
    def post(self, request: Request) -> Response:
        """It hears of what happens from now on."""
        wanted = valid(NewTargetSerializer, request)
        slug = wanted["project"] or (self.token.project.slug if self.token.project else "")
        project = self.project(slug) if slug else None
        wish = Wish(wanted["kind"], wanted["name"], wanted["address"], tuple(wanted["events"]), project)
        made = actions.add(self.token.team, wish, actor=self.token.user)
        return Response({**TargetSerializer(made.target).data, "secret": made.secret}, status=201)


class OneTarget(NotificationView):
    scopes: ClassVar = {"PATCH": Scope.CONFIGURE, "DELETE": Scope.CONFIGURE}

    @extend_schema(responses=TargetSerializer)
    def get(self, _request: Request, target: int) -> Response:
        return Response(TargetSerializer(self.target(target)).data)

    @extend_schema(request=TargetChangeSerializer, responses=TargetSerializer)
    def patch(self, request: Request, target: int) -> Response:
        """Other events, or paused and resumed. Another address is another target."""
        found, wanted = self.target(target), valid(TargetChangeSerializer, request)
        if "events" in wanted:
            actions.change_events(found, wanted["events"], actor=self.token.user)
        if "paused" in wanted:
            (actions.pause if wanted["paused"] else actions.resume)(found, actor=self.token.user)
        return Response(TargetSerializer(self.target(target)).data)

    @extend_schema(responses={204: None})
    def delete(self, _request: Request, target: int) -> Response:
        actions.remove(self.target(target), actor=self.token.user)
        return Response(status=204)


class Test(NotificationView):
    scopes: ClassVar = {"POST": Scope.CONFIGURE}

    @extend_schema(request=None, responses=NotificationSerializer)
    def post(self, _request: Request, target: int) -> Response:
        """Sends a message at once; `status` and `answer` say whether it was taken."""
        return Response(NotificationSerializer(actions.test(self.target(target), actor=self.token.user)).data)


class Secret(NotificationView):
    scopes: ClassVar = {"POST": Scope.CONFIGURE}

    @extend_schema(parameters=[idempotency.PARAMETER], request=None, responses=MadeTargetSerializer)
    @answered_once
    def post(self, _request: Request, target: int) -> Response:
        """Another secret for a webhook, in this answer and no other. For 24 hours what is sent has the signatures of
        both, the new one's first; made twice within them, the first one ends at once."""
        found = self.target(target)
        secret = actions.roll_secret(found, actor=self.token.user)
        return Response({**TargetSerializer(found).data, "secret": secret})


class Deliveries(NotificationView):
    @extend_schema(
        parameters=[
            OpenApiParameter("target", int, description="To this target only."),
            OpenApiParameter("status", str, enum=NotificationStatus.values, description="With this outcome only."),
            *PAGE,
        ],
        responses=NotificationSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Newest first; kept for thirty days."""
        rows, target, status = self.deliveries(), asked(request, "target"), asked(request, "status")
        rows = rows.filter(target=whole_number(target)) if target else rows
        return self.page(rows.filter(status=status) if status else rows, NotificationSerializer)


class Resend(NotificationView):
    scopes: ClassVar = {"POST": Scope.CONFIGURE}

    @extend_schema(request=None, responses={202: NotificationSerializer})
    def post(self, _request: Request, delivery: UUID) -> Response:
        """Under the same id."""
        found = get_object_or_404(self.deliveries(), public_id=delivery)
        actions.resend(found, actor=self.token.user)
        found.refresh_from_db()
        return Response(NotificationSerializer(found).data, status=202)
