"""Who is in the team and as what, and the invitations that wait."""

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
from deployments import addresses
from deployments.narrowing import Filters, narrowed
from projects import invitations, members
from projects.models import Invitation, Membership, Role
from projects.tokens import Scope

FILTERS: Final[Filters] = {"role": ("role", "owner, member or viewer.")}


class MembershipSerializer(serializers.ModelSerializer[Membership]):
    user = serializers.CharField(source="user.username")

    class Meta:
        model = Membership
        fields = ("user", "role")


class InvitationSerializer(serializers.ModelSerializer[Invitation]):
    id = serializers.IntegerField(source="pk")
    invited_by = serializers.CharField(source="invited_by.username")

    class Meta:
        model = Invitation
        fields = ("id", "note", "role", "invited_by", "created_at", "expires_at")


class MadeInvitationSerializer(InvitationSerializer):
    """`url` is the link: it works once, and is shown this once."""

    url = serializers.CharField()

    class Meta(InvitationSerializer.Meta):
        fields = (*InvitationSerializer.Meta.fields, "url")  # type: ignore[assignment]  # a longer tuple


class NewInvitationSerializer(serializers.Serializer[Any]):
    note = serializers.CharField(max_length=100, help_text="Whom it is for.")
    role = serializers.ChoiceField(choices=Role.choices, required=False, default=Role.MEMBER)


class Members(TeamView):
    @extend_schema(parameters=paged(FILTERS), responses=MembershipSerializer(many=True))
    def get(self, request: Request) -> Response:
        rows = self.of_team(Membership.objects).select_related("user")
        return self.page(narrowed(rows, request.query_params, FILTERS), MembershipSerializer, OldestFirst)


class RoleSerializer(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=Role.choices)


class OneMember(TeamView):
    scopes: ClassVar = {"PATCH": Scope.ADMIN, "DELETE": Scope.ADMIN}

    @extend_schema(request=RoleSerializer, responses=MembershipSerializer)
    def patch(self, request: Request, user: str) -> Response:
        """Another role, which holds from the next request on."""
        found, wanted = self.member(user), valid(RoleSerializer, request)
        members.change_role(found, Role(wanted["role"]), actor=self.token.user)
        return Response(MembershipSerializer(self.member(user)).data)

    @extend_schema(responses={204: None})
    def delete(self, _request: Request, user: str) -> Response:
        """Out of the team, with their tokens of it."""
        members.remove(self.member(user), actor=self.token.user)
        return Response(status=204)

    def member(self, user: str) -> Membership:
        rows = self.of_team(Membership.objects).select_related("user", "team")
        found: Membership = get_object_or_404(rows, user__username=user)
        self.require_whole_team()
        return found


class InvitationView(TeamView):
    def invitations(self) -> Any:
        return self.of_team(Invitation.objects).filter(accepted_at=None).select_related("invited_by", "team")


class Invitations(InvitationView):
    scopes: ClassVar = {"POST": Scope.ADMIN}

    @extend_schema(parameters=paged(FILTERS), responses=InvitationSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Those that nobody accepted yet, newest first."""
        return self.page(narrowed(self.invitations(), request.query_params, FILTERS), InvitationSerializer)

    @extend_schema(
        parameters=[idempotency.PARAMETER], request=NewInvitationSerializer, responses={201: MadeInvitationSerializer}
    )
    @answered_once
    def post(self, request: Request) -> Response:
        self.require_whole_team()
        wanted = valid(NewInvitationSerializer, request)
        text = invitations.invite(self.token.team, Role(wanted["role"]), wanted["note"], actor=self.token.user)
        made: Any = invitations.find(text)
        made.url = addresses.invitation_url(text)
        return Response(MadeInvitationSerializer(made).data, status=201)


class OneInvitation(InvitationView):
    scopes: ClassVar = {"DELETE": Scope.ADMIN}

    @extend_schema(responses={204: None})
    def delete(self, _request: Request, pk: int) -> Response:
        """Its link works no more."""
        found = get_object_or_404(self.invitations(), pk=pk)
        self.require_whole_team()
        invitations.withdraw(found, actor=self.token.user)
        return Response(status=204)
