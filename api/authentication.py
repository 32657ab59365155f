"""Bearer tokens. What a request may see is decided by the token's team, what it may do by its scopes."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from clients.rate_limits import Limit
from projects import tokens
from projects.models import ApiToken, User
from projects.visitors import address_of

#: Nobody guesses 256 bits; this keeps who tries from using the database for it.
_WRONG_TOKENS: Final = Limit("wrong-tokens", "60/minute")


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer dexto_…`."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not text:
            return None
        token = tokens.find(text)
        if token is None:
            if not _WRONG_TOKENS.hit(settings.REDIS_URL, address_of(request)):
                raise Throttled(60, "Too many wrong tokens came from here.")
            raise AuthenticationFailed("This token is unknown, expired or revoked.")
        return token.user, token

    def authenticate_header(self, _request: Request) -> str:
        return "Bearer"


class TokenAuthenticationDescription(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the API's description speaks of tokens; found there by being defined."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, _auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "dexto_…"}
