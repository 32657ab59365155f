"""What this installation releases to, and the team's accounts there."""

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
from api.pagination import ByPlatform, paged
from api.views import TeamView
from core.targets import PLATFORMS, Platform
from deployments.cloud import accounts
from deployments.models import Account
from deployments.narrowing import Filters, narrowed
from deployments.platforms import CLOUDS, traits_of
from deployments.storage import STORAGES
from projects.tokens import Scope

FILTERS: Final[Filters] = {"platform": ("platform", "At this platform, or this keeper of memory.")}


class AccountSerializer(serializers.ModelSerializer[Account]):
    """The values of its fields are never shown again."""

    fields_set = serializers.SerializerMethodField()

    class Meta:
        model = Account
        fields = ("platform", "name", "found", "error", "checked_at", "created_at", "fields_set")

    def get_fields_set(self, account: Account) -> list[str]:
        return sorted(field.name for field in account.fields.all())


class NewAccountSerializer(serializers.Serializer[Any]):
    platform = serializers.ChoiceField(
        choices=[*(one.value for one in Platform if one is not Platform.LOCAL), *STORAGES],
        help_text="A platform, or what keeps agents' memory.",
    )
    name = serializers.CharField(max_length=50)
    values = serializers.DictField(child=serializers.CharField(trim_whitespace=False, max_length=20_000))


class ValuesSerializer(serializers.Serializer[Any]):
    values = serializers.DictField(child=serializers.CharField(trim_whitespace=False, max_length=20_000))


class PlatformSerializer(serializers.Serializer[Any]):
    """`verified`: here, against a counterpart only, or live."""

    platform = serializers.CharField()
    targets = serializers.ListField(child=serializers.CharField())
    traits = serializers.DictField(child=serializers.BooleanField())
    verified = serializers.CharField()
    credential = serializers.ListField(child=serializers.DictField())
    config = serializers.DictField(child=serializers.CharField())


class AccountView(TeamView):
    def accounts(self) -> Any:
        """None for a token of one project: accounts are the team's."""
        rows = Account.objects.living().for_team(self.token.team).select_related("team")
        return rows.none() if self.token.project_id else rows

    def account(self, platform: str, name: str) -> Account:
        found: Account = get_object_or_404(self.accounts(), platform=platform, name=name)
        return found


class Platforms(TeamView):
    @extend_schema(responses=PlatformSerializer(many=True))
    def get(self, _request: Request) -> Response:
        """Every platform: what it runs, what it can do, what its account asks for, what its config may say."""
        return Response([_platform(one) for one in Platform if one is Platform.LOCAL or one in CLOUDS])


class Accounts(AccountView):
    scopes: ClassVar = {"POST": Scope.ADMIN}

    @extend_schema(parameters=paged(FILTERS), responses=AccountSerializer(many=True))
    def get(self, request: Request) -> Response:
        rows = narrowed(self.accounts().prefetch_related("fields"), request.query_params, FILTERS)
        return self.page(rows, AccountSerializer, ByPlatform)

    @extend_schema(parameters=[idempotency.PARAMETER], request=NewAccountSerializer, responses={201: AccountSerializer})
    @answered_once
    def post(self, request: Request) -> Response:
        """Checked with the vendor first; what it refuses is not kept."""
        wanted = valid(NewAccountSerializer, request)
        if self.token.project_id:
            self.permission_denied(request, message="This token is for one project; accounts are the team's.")
        given = (wanted["platform"], wanted["name"], wanted["values"])
        made = accounts.enter(self.token.team, *given, actor=self.token.user)
        return Response(AccountSerializer(made).data, status=201)


class OneAccount(AccountView):
    scopes: ClassVar = {"PUT": Scope.ADMIN, "DELETE": Scope.ADMIN}

    @extend_schema(responses=AccountSerializer)
    def get(self, _request: Request, platform: str, account: str) -> Response:
        return Response(AccountSerializer(self.account(platform, account)).data)

    @extend_schema(request=ValuesSerializer, responses=AccountSerializer)
    def put(self, request: Request, platform: str, account: str) -> Response:
        """Other values for its fields, checked first; those before are revoked."""
        found = self.account(platform, account)
        values = valid(ValuesSerializer, request)["values"]
        return Response(AccountSerializer(accounts.replace(found, values, actor=self.token.user)).data)

    @extend_schema(responses={204: None})
    def delete(self, _request: Request, platform: str, account: str) -> Response:
        accounts.remove(self.account(platform, account), actor=self.token.user)
        return Response(status=204)


class CheckAccount(AccountView):
    scopes: ClassVar = {"POST": Scope.ADMIN}

    @extend_schema(request=None, responses=AccountSerializer)
    def post(self, _request: Request, platform: str, account: str) -> Response:
        """Asks the vendor what the credential may do."""
        found = accounts.check(self.account(platform, account), actor=self.token.user)
        return Response(AccountSerializer(found).data)


def _platform(platform: Platform) -> dict[str, Any]:
    traits, module = traits_of(platform), CLOUDS.get(platform)
    named = {name: getattr(traits, name) for name in traits.__slots__ if name != "verified"}
    asked = [
        {"name": one.name, "label": one.label, "hint": one.hint, "required": one.is_required}
        for one in (module.credentials if module else ())
    ]
    targets = [target.value for target, platforms in PLATFORMS.items() if platform in platforms]
    config = dict(module.config) if module else {}
    about = {"platform": platform.value, "targets": targets, "traits": named, "verified": traits.verified.value}
    return {**about, "credential": asked, "config": config}
