"""How a command line gets its token: it begins, shows a code, and asks until its person said yes in a browser."""

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
from projects import device_logins
from projects.visitors import address_of

_BEGUN: Final = Limit("device-logins", "20/minute")
_ASKED: Final = Limit("device-login-questions", "120/minute")
_INTERVAL_SECONDS: Final = 2


class BeginSerializer(serializers.Serializer[Any]):
    machine = serializers.CharField(max_length=100, help_text="What the person will recognise, and the token's name.")


class CollectSerializer(serializers.Serializer[Any]):
    device_code = serializers.CharField(max_length=100)


class Begin(APIView):
    """Needs no token: it gives one to nobody who is not signed in elsewhere."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(request=BeginSerializer, responses={201: dict}, auth=[])
    def post(self, request: Request) -> Response:
        _count(_BEGUN, request)
        asked = valid(BeginSerializer, request)
        begun = device_logins.begin(asked["machine"])
        page = f"{settings.PUBLIC_URL}/device?code={begun.user_code}"
        body = {"device_code": begun.device_code, "user_code": begun.user_code, "verification_uri_complete": page}
        return Response({**body, "interval": _INTERVAL_SECONDS, "expires_in": device_logins.SECONDS}, status=201)


class Collect(APIView):
    authentication_classes = ()
    permission_classes = ()

    @extend_schema(request=CollectSerializer, responses={200: dict, 202: dict}, auth=[])
    def post(self, request: Request) -> Response:
        """202 while the person has not answered."""
        _count(_ASKED, request)
        asked = valid(CollectSerializer, request)
        collected = device_logins.collect(asked["device_code"])
        if collected is None:
            return Response({"waiting": True}, status=202)
        return Response({"token": collected.token, "team": collected.team})


def _count(limit: Limit, request: Request) -> None:
    if not limit.hit(settings.REDIS_URL, address_of(request)):
        raise Throttled(60)
