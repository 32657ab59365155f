"""A person's own tokens in the team: what the page of tokens does. None makes another that may do more than itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar, Final

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import idempotency
from api.asking import valid
from api.idempotency import answered_once
from api.pagination import paged
from api.views import TeamView
from projects import tokens
from projects.models import ApiToken, Environment
from projects.tokens import Scope

_LONGEST_DAYS: Final = 3_650


class TokenSerializer(serializers.ModelSerializer[ApiToken]):
    id = serializers.IntegerField(source="pk")
    project = serializers.CharField(source="project.slug", default=None, allow_null=True)

    class Meta:
        model = ApiToken
        fields = ("id", "name", "scopes", "project", "environment", "created_at", "expires_at")


class MadeTokenSerializer(TokenSerializer):
    """`token` is its text: it is shown this once."""

    token = serializers.CharField(source="text")

    class Meta(TokenSerializer.Meta):
        fields = (*TokenSerializer.Meta.fields, "token")  # type: ignore[assignment]  # a longer tuple


class NewTokenSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=[scope.value for scope in Scope]), min_length=1, max_length=len(Scope)
    )
    project = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=50, help_text="For this project only."
    )
    environment = serializers.ChoiceField(
        choices=Environment.choices,
        required=False,
        allow_blank=True,
        default="",
        help_text="Deploys to this environment only.",
    )
    expires_in_days = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=_LONGEST_DAYS
    )


class TokenView(TeamView):
    def tokens(self) -> Any:
        """The person's own that are not revoked; to one of a project only that project's."""
        rows = ApiToken.objects.for_team(self.token.team).filter(user=self.token.user, revoked_at=None)
        rows = rows.filter(project=self.token.project) if self.token.project_id else rows
        return rows.select_related("project", "team", "user")


class Tokens(TokenView):
    scopes: ClassVar = {"POST": Scope.CONFIGURE}

    @extend_schema(parameters=paged(), responses=TokenSerializer(many=True))
    def get(self, _request: Request) -> Response:
        """Newest first. Their texts are kept nowhere."""
        return self.page(self.tokens(), TokenSerializer)

    @extend_schema(parameters=[idempotency.PARAMETER], request=NewTokenSerializer, responses={201: MadeTokenSerializer})
    @answered_once
    def post(self, request: Request) -> Response:
        """It has the limits of the token that makes it, and those that are asked for beside them."""
        wanted = valid(NewTokenSerializer, request)
        days = wanted["expires_in_days"]
        text = tokens.derive(
            self.token,
            wanted["name"],
            scopes=frozenset(map(Scope, wanted["scopes"])),
            project=self.project(wanted["project"]) if wanted["project"] else None,
            environment=wanted["environment"],
            expires_at=timezone.now() + timedelta(days=days) if days else None,
        )
        made: Any = tokens.find(text)
        made.text = text
        return Response(MadeTokenSerializer(made).data, status=201)


class OneToken(TokenView):
    scopes: ClassVar = {"DELETE": Scope.CONFIGURE}

    @extend_schema(responses={204: None})
    def delete(self, _request: Request, pk: int) -> Response:
        """It opens nothing from now on; nor does it itself, where it is the one that asks."""
        tokens.revoke(get_object_or_404(self.tokens(), pk=pk))
        return Response(status=204)
