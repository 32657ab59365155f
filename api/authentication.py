"""Bearer tokens. What a request may see is decided by the token's team, what it may do by its scopes."""

from __future__ import annotations

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from projects import tokens
from projects.models import ApiToken, User


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer dexto_…`."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not text:
            return None
        token = tokens.find(text)
        if token is None:
            raise AuthenticationFailed("This token is unknown, expired or revoked.")
        return token.user, token

    def authenticate_header(self, _request: Request) -> str:
        return "Bearer"
