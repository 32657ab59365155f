"""Where a repository's commits are fetched from: one provider per host, registered by who knows the host."""

from __future__ import annotations

from collections.abc import Callable

from builds.runner.git import Source
from core.errors import PlatformError
from projects.models import Repository

Provider = Callable[[Repository], Source]
_PROVIDERS: dict[str, Provider] = {}
#: In the place of a name: hosts of which there may be any number.
ANY_CODE_HOST = "*"


def register(host: str, provider: Provider) -> None:
    _PROVIDERS[host] = provider


def source_of(repository: Repository) -> Source:
    """With a credential that lasts for this fetch. Raises PlatformError for a host that nobody knows."""
    provider = _PROVIDERS.get(repository.host) or _PROVIDERS.get(ANY_CODE_HOST)
    if provider is None:
        raise PlatformError(
            "host_unknown",
            f"Nothing here fetches from {repository.host}.",
            "Link the repository again.",
        )
    return provider(repository)
