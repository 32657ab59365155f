"""What a token may do: each view says which scope its methods need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission

from projects import tokens
from projects.models import ApiToken
from projects.tokens import Scope

if TYPE_CHECKING:  # the settings name this module, and views read the settings
    from rest_framework.request import Request
    from rest_framework.views import APIView


class HasScope(BasePermission):
    """Reading needs `read`; another method what the view's `scopes` names for it, `admin` where it names nothing."""

    message = "This token may not do that. Make one with the scope that it needs."

    def has_permission(self, request: Request, view: APIView) -> bool:
        token = request.auth
        if not isinstance(token, ApiToken):
            return False
        scopes: dict[str, Scope] = getattr(view, "scopes", {})
        method = request.method or "GET"
        needed = scopes.get(method, Scope.READ if method in ("GET", "HEAD", "OPTIONS") else Scope.ADMIN)
        return needed in tokens.scopes_of(token)
