"""What a request asks for: its body as a serializer takes it, and the parameters of its query."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request


def valid(serializer: type[Any], request: Request) -> dict[str, Any]:
    """Raises ValidationError, which names each field."""
    checked = serializer(data=request.data)
    checked.is_valid(raise_exception=True)
    found: dict[str, Any] = checked.validated_data
    return found


def asked(request: Request, name: str) -> str:
    """A parameter of the query, "" where there is none. The database holds no zero byte, and is asked for none."""
    value: str = request.query_params.get(name, "")
    return value.replace("\0", "")
