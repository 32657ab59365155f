"""Loading resources: the contract. Implementations live above, where there are disks and networks."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol

from core.config.data_sources import (
    SCHEMES_OF,
    AzureSource,
    FsSource,
    GcsSource,
    HttpSource,
    PostgresSource,
    S3Source,
    SourceType,
)
from core.errors import ResourceError, ResourceUnavailableError
from core.uris import Uri, parse

DataSource = FsSource | S3Source | HttpSource | GcsSource | AzureSource | PostgresSource

#: Prompts and modules are texts; what is larger is data, and belongs into a store.
MAX_RESOURCE_BYTES = 10_000_000


@dataclass(frozen=True, slots=True)
class NamedSource:
    """A data source under the name by which the configuration knows it."""

    name: str
    config: DataSource

    @property
    def type(self) -> SourceType:
        return SourceType(self.config.type)


@dataclass(frozen=True, slots=True)
class Resource:
    """What was loaded. `digest` is of the content; it pins what a build used."""

    uri: str
    content: bytes = field(repr=False)
    digest: str

    @classmethod
    def of(cls, uri: str, content: bytes) -> "Resource":
        return cls(uri, content, digest_of(content))

    @property
    def text(self) -> str:
        """The content as UTF-8. Raises ResourceError."""
        try:
            return self.content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise load_failed(self.uri, "", "it is not UTF-8") from error


class ResourceLoader(Protocol):
    """Loads resources of some kinds of data source. Safe to be called from several threads."""

    def load(self, uri: str, source: NamedSource) -> Resource:
        """The resource. Raises ResourceError, or ResourceUnavailableError when trying again may help."""
        ...

    def supports(self, uri: str, source: NamedSource) -> bool:
        """Whether this loader can load such a URI from such a source."""
        ...


def digest_of(content: bytes) -> str:
    """How contents are named everywhere."""
    return f"sha256:{sha256(content).hexdigest()}"


def fits(uri: str, source: NamedSource) -> bool:
    """Whether the URI's scheme is one that the source answers."""
    return uri.partition(":")[0].lower() in SCHEMES_OF[source.type]


def checked(uri: str, source: NamedSource) -> Uri:
    """The URI, if it fits its source. Raises ResourceError."""
    expected = SCHEMES_OF[source.type]
    parsed = parse(uri)
    if parsed.scheme not in expected:
        raise ResourceError(
            "resource_scheme_mismatch",
            f'URI scheme "{parsed.scheme}://" doesn\'t match dataSource type "{source.type}". '
            f"Expected: {', '.join(expected)}",
        )
    return parsed


def unsupported_scheme(uri: str, supported: Iterable[str]) -> ResourceError:
    """No loader takes such a URI."""
    scheme = uri.partition(":")[0][:40]
    return ResourceError(
        "resource_unsupported_scheme", f"Unsupported URI scheme: {scheme}. Supported: {', '.join(supported)}"
    )


def unknown_data_source(name: str, available: Iterable[str]) -> ResourceError:
    """A resource names a source that is not declared."""
    listed = ", ".join(available) or "none"
    return ResourceError("resource_unknown_data_source", f'Unknown dataSource "{name}". Available: {listed}')


def unsupported_environment(source: NamedSource, environment: str) -> ResourceError:
    """The source does not exist where the resource is wanted."""
    return ResourceError(
        "resource_unsupported_environment",
        f'DataSource "{source.name}" uses type "{source.type}" which is not available in {environment} '
        "environments. Use S3 or HTTP instead.",
    )


def load_failed(uri: str, source: str, cause: str, next_step: str = "") -> ResourceError:
    """The project's owner can mend it: no such object, no access, no credentials."""
    return ResourceError("resource_load_failed", _failed(uri, source, cause), next_step)


def load_unavailable(uri: str, source: str, cause: str) -> ResourceUnavailableError:
    """It may work later: a time-out, an overloaded server, a broken connection."""
    return ResourceUnavailableError("resource_load_failed", _failed(uri, source, cause), "Try again later.")


def _failed(uri: str, source: str, cause: str) -> str:
    # A query may hold a signature.
    public = f"{uri.partition('?')[0]}?…" if "?" in uri else uri
    using = f' using dataSource "{source}"' if source else ""
    return f'Failed to load resource from "{public}"{using}: {cause}'
