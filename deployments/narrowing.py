"""What narrows a list, in the API as on the pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

#: Its name → the field that it is compared with, and what it means.
Filters = Mapping[str, tuple[str, str]]

FILTERS: Final[Filters] = {
    "branch": ("branch", "Of this branch."),
    "commit": ("push__after__startswith", "Of the commit whose hash begins so."),
    "status": ("status", "In this state, such as ready or failed."),
    "environment": ("environment", "production, preview or development."),
    "author": ("push__author", "Pushed by this person."),
    "destination": ("destination__name", "To the destination of this name."),
}


def narrowed(rows: Any, given: Mapping[str, str], filters: Filters = FILTERS) -> Any:
    """The rows that fit all that is given; what is empty fits anything."""
    wanted = {field: given[name] for name, (field, _means) in filters.items() if given.get(name)}
    return rows.filter(**{field: value.replace("\0", "") for field, value in wanted.items()})
