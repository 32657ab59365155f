"""Trusted deploys: a job's proof of who it is, exchanged for a token of minutes."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.asking import valid
from clients.rate_limits import Limit
from clients.workflow_proofs import issuer_at
from core.errors import UserError
from projects import trusted_deploys
from projects.models import Project
from projects.visitors import address_of

_TRIES: Final = Limit("oidc-exchange", "60/minute")


class ExchangeSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(max_length=16_384, help_text="What the job was given, with our URL as its audience.")
    team = serializers.SlugField()
    project = serializers.SlugField()


class Exchange(APIView):
    """The one address that asks for no token: who asks proves it by the body."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(request=ExchangeSerializer, responses={201: dict}, auth=[])
    def post(self, request: Request) -> Response:
        if not _TRIES.hit(settings.REDIS_URL, address_of(request)):
            raise Throttled(60)
        asked = valid(ExchangeSerializer, request)
        claims = issuer_at(settings.ACTIONS_ISSUER).claims(asked["token"], audience=settings.PUBLIC_URL)
        project = _project(asked)
        text, policy = trusted_deploys.exchange(project, trusted_deploys.proof_of(claims))
        seconds = int(trusted_deploys.LIFETIME.total_seconds())
        return Response({"token": text, "environment": policy.environment, "expires_in": seconds}, status=201)


def _project(valid: dict[str, Any]) -> Project:
    """One that does not exist is as one that does not trust: a stranger's job learns no names."""
    rows = Project.objects.filter(team__slug=valid["team"], slug=valid["project"]).select_related("team")
    found: Project | None = rows.first()
    if found is None:
        raise UserError(
            "deploy_not_trusted",
            "No policy of this project fits the job that asks.",
            "Compare the job with Trusted deploys in the project's Settings.",
        )
    return found
