"""What a vendor's project is called that was made for a place: by the mark in it, it is known as ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

from core.errors import UserError
from deployments.storage.contract import Place


def project_name(place: Place, longest: int = 60) -> str:
    digest = sha256(f"{place.mark} {place.name}".encode()).hexdigest()[:10]
    return f"{place.name[: longest - len(digest) - 1].rstrip('-')}-{digest}"


@contextmanager
def nothing_of_others() -> Iterator[None]:
    """What turns out to be somebody else's is left as it is."""
    try:
        yield
    except UserError as error:
        if error.code != "service_name_taken":
            raise


def taken(what: str, vendor: str) -> UserError:
    return UserError(
        "service_name_taken",
        f"{what} is at {vendor} already, and was not made by this installation.",
        "Rename what is there, or delete it.",
    )
