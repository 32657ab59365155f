"""Long lists in pages: the body is the list, the header `Link` names the next page, as the code hosts do it."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response

from deployments.narrowing import Filters

PAGE: Final = [
    OpenApiParameter("limit", int, description="How many at most: 50 where nothing is said, 200 at most."),
    OpenApiParameter("cursor", str, description="Where the page begins: of the header `Link` of the page before."),
]


def paged(filters: Filters | None = None) -> list[OpenApiParameter]:
    """The parameters of a list, for its description: what narrows it, and its pages."""
    narrowing = [OpenApiParameter(name, str, description=means) for name, (_field, means) in (filters or {}).items()]
    return [*narrowing, *PAGE]


class Pages(CursorPagination):
    """`?limit=` is how many, 200 at most; `?cursor=` comes from the header `Link`, and is nothing to build oneself.

    What is added meanwhile moves no page.
    """

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200
    ordering: Any = "-pk"

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> Any:
        """A cursor that was built by hand may be of another type than the column that it is compared with."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except ValueError as error:
            raise NotFound(self.invalid_cursor_message) from error

    def decode_cursor(self, request: Any) -> Any:
        cursor = super().decode_cursor(request)
        if cursor is not None and "\0" in str(cursor.position or ""):
            raise NotFound(self.invalid_cursor_message)  # the database holds no zero byte
        return cursor

    def get_paginated_response(self, data: Any) -> Response:
        links = [("next", self.get_next_link()), ("prev", self.get_previous_link())]
        named = ", ".join(f'<{url}>; rel="{name}"' for name, url in links if url)
        return Response(data, headers={"Link": named} if named else {})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return schema


class OldestFirst(Pages):
    ordering = "pk"


class ByName(Pages):
    ordering = "slug"


class ByHostname(Pages):
    ordering = "hostname"


class ByPlatform(Pages):
    ordering = ("platform", "name")


class ByVariable(Pages):
    ordering = ("name", "environment", "branch")
