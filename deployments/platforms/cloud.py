"""The port of platforms elsewhere: one account at a vendor, and what is asked of it.

Every call may come again, after a crash, a lost answer or a revoked lease: it continues what an earlier attempt began,
by what that noted in its memory, and never makes a second of anything. Nothing is changed or deleted at the vendor that
does not carry the service's mark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from builds.bundle import BundleFile, Manifest
from builds.runner.progress import Progress
from core.errors import UserError
from core.findings import Finding
from deployments.platforms.contract import PlatformTraits


class Ids(Protocol):
    """Names and what the vendor calls them. What was put is durable before `put` returns; none of it is a secret."""

    def get(self, name: str) -> str:
        """ "" where nothing was noted."""
        ...

    def put(self, **ids: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known from before: `service` for as long as the service exists, `attempt` until this release or move is
    done. Noted before the call that makes something where the name is ours, after it where it is the vendor's."""

    service: Ids
    attempt: Ids


@dataclass(frozen=True, slots=True)
class Service:
    """What the vendor runs for one place of a destination: production, or the preview of a branch or pull request.

    `name` is unique in the installation: [a-z0-9-], at most 54 characters, without a dash at its ends. `mark` proves
    that what carries it is ours; it holds letters, digits, `-` and `:`, at most 63 of them. `config` is the
    destination's, of deployment.yml or the dashboard, checked by the platform's own model of it.
    """

    name: str
    mark: str
    config: Mapping[str, object] = field(default_factory=dict)
    is_preview: bool = False


class BundleContent(Protocol):
    """A bundle, with its content at hand."""

    @property
    def manifest(self) -> Manifest: ...

    def content(self, file: BundleFile) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Artefact:
    """Where a vendor that takes no upload fetches the bundle: a tar.gz at an address of this installation.

    `url` answers with the content, or redirects to it, for who sends `token` as a bearer; months later as well.
    """

    url: str
    sha256: str
    size: int
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Source:
    """The commit that a bundle was made of, for the vendor's own pages. "" and 0 are unknown."""

    sha: str = ""
    branch: str = ""
    repository_url: str = ""
    pull_request: int = 0


@dataclass(frozen=True, slots=True)
class Release:
    """One deployment, bound to its service. `deployment` is its public id: a second try of it continues the first.

    `secrets` names the variables that nobody may read back. `serves`: it is to take the service's traffic once it is
    healthy; else it only waits to be moved to. `artefact` is there for platforms that fetch.
    """

    deployment: str
    service: Service
    bundle: BundleContent = field(repr=False)
    variables: Mapping[str, str] = field(repr=False)
    secrets: frozenset[str] = frozenset()
    serves: bool = True
    source: Source = field(default_factory=Source)
    artefact: Artefact | None = None
    health_seconds: int = 60


@dataclass(frozen=True, slots=True)
class Version:
    """What the vendor made of a release. `url` is its very own address, "" where the vendor gives none. `details` are
    what a later move to it needs; they hold no secret and are kept with the deployment."""

    id: str
    url: str = ""
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Released:
    """`address` is the service's URL, where the version took the traffic; else as it was, "" where nothing serves."""

    version: Version
    address: str


@dataclass(frozen=True, slots=True)
class Share:
    """A version that is to serve, and of how many of a hundred requests. `release` is what it was made of."""

    version: Version
    release: Release
    percent: int = 100


@dataclass(frozen=True, slots=True)
class AccountCheck:
    """What a credential is good for. `missing` says, a sentence each, what it may not do and needs to."""

    account: str  # the vendor's id of the account
    name: str
    can: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """What the owner of a domain has to set."""

    type: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Domain:
    """A hostname at a service. `is_active`: it answers, with its certificate. `detail` is the vendor's word for where
    it stands."""

    hostname: str
    is_active: bool
    records: tuple[DnsRecord, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class LogLine:
    at: datetime
    text: str
    id: str = ""  # the vendor's, by which a line that is read twice is known


@dataclass(frozen=True, slots=True)
class Observed:
    """How a service stands at the vendor: the share of each version by its id, and what should be there and is not."""

    exists: bool
    address: str = ""
    shares: Mapping[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


class CloudPlatform(Protocol):
    """One account at a vendor. Raises UserError for what the person can mend, PlatformError for what may pass."""

    def check(self) -> AccountCheck:
        """Asks the vendor what the credential is good for; changes nothing."""
        ...

    def problems(self, release: Release) -> Iterator[Finding]:
        """What the vendor would refuse, before anything is made there: limits, configuration, names."""
        ...

    def release(self, release: Release, memory: Memory, progress: Progress) -> Released:
        """Prepares what it needs, uploads what the vendor does not have, waits until it is healthy, and moves the
        traffic where it `serves`. What served before serves until then, and goes on where this fails."""
        ...

    def move(self, service: Service, shares: Sequence[Share], memory: Memory, progress: Progress) -> str:
        """Makes earlier versions serve, with the variables they had; returns the service's address. Several shares only
        where the traits say canary; their percents are 100 together."""
        ...

    def refusal(self, service: Service, current: Version, target: Version) -> UserError | None:
        """Why a move from one to the other would be refused; None where it would not. Asks nobody."""
        ...

    def attach_domain(self, service: Service, hostname: str, memory: Memory) -> Domain: ...

    def domain(self, service: Service, hostname: str, memory: Memory) -> Domain: ...

    def detach_domain(self, service: Service, hostname: str, memory: Memory) -> None: ...

    def logs(self, service: Service, since: datetime | None, memory: Memory) -> Iterator[LogLine]:
        """Lines as they come, until the caller closes the iterator or the vendor ends the stream."""
        ...

    def inspect(self, service: Service, memory: Memory) -> Observed: ...

    def discard(self, service: Service, version: Version, memory: Memory) -> None:
        """A version that nobody will move to again; without an effect where the vendor keeps no versions."""
        ...

    def delete(self, service: Service, memory: Memory) -> None:
        """The service and everything that was made for it. Without an effect where nothing is left."""
        ...


@dataclass(frozen=True, slots=True)
class CredentialField:
    """One field of an account's form."""

    name: str
    label: str
    hint: str  # where it is to be had, and what it must be allowed to do
    is_secret: bool = True
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a vendor is, "" being its own address: `api` is the base URL of its API, `edge` a server that answers for
    the agents' hostnames, for networks that reach them under no other name."""

    api: str = ""
    edge: str = ""


#: Credentials by their fields' names.
Connect = Callable[[Mapping[str, str], Endpoints], CloudPlatform]


@dataclass(frozen=True, slots=True)
class CloudModule:
    """A platform elsewhere, as the registry holds it. `config` describes what deployment.yml may say for it."""

    traits: PlatformTraits
    credentials: tuple[CredentialField, ...]
    connect: Connect
    config: Mapping[str, str] = field(default_factory=dict)  # key → what it means
