"""The port to a code host that speaks GitHub's API: github.com, or a GitHub Enterprise.

Each role sees what its credentials show: who makes an app (`AppMaker`), whoever signs in (`SignIn`), the app itself
(`CodeHostApp`), a person (`CodeHostUser`), and one repository, read (`CodeReader`) or told (`CodeReports`). Everything
is keyed by the host's numeric ids. All raise the errors of `clients.code_host_errors`, and nothing of a vendor's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Generic, Protocol, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class CodeHostAddress:
    """Where a GitHub is. `host` is what `Repository.host` and a delivery's X-GitHub-Enterprise-Host hold."""

    host: str
    web_url: str
    api_url: str


GITHUB_COM: Final = CodeHostAddress("github.com", "https://github.com", "https://api.github.com")


def code_host_at(web_url: str) -> CodeHostAddress:
    """The GitHub whose pages are at this URL, which is an Enterprise unless it is github.com."""
    base = web_url.rstrip("/")
    if base == GITHUB_COM.web_url:
        return GITHUB_COM
    return CodeHostAddress(base.partition("://")[2], base, f"{base}/api/v3")


@dataclass(frozen=True, slots=True)
class AppKey:
    """What an app proves itself with: its number, and its private key as PEM."""

    app_id: int
    private_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OAuthKey:
    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MadeApp:
    """An app just made from a manifest. Its secrets are told this once."""

    app_id: int
    slug: str
    name: str
    html_url: str
    owner: Account
    client_id: str
    client_secret: str = field(repr=False)
    private_key: str = field(repr=False)
    webhook_secret: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class AccessToken:
    """An installation's token: opaque, and an hour long."""

    value: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class UserToken:
    """A person's token. Where the app's tokens do not expire it is good until it is revoked.

    What would renew it is not kept: it is good for half a year, and a sign-in at the host is a click.
    """

    value: str = field(repr=False)
    expires_in_seconds: int | None = None


class AccountKind(StrEnum):
    USER = "User"
    ORGANIZATION = "Organization"
    OTHER = "Other"


@dataclass(frozen=True, slots=True)
class Account:
    id: int
    login: str
    kind: AccountKind = AccountKind.USER
    name: str = ""


@dataclass(frozen=True, slots=True)
class Email:
    address: str
    primary: bool
    verified: bool


@dataclass(frozen=True, slots=True)
class App:
    id: int
    slug: str
    name: str
    html_url: str
    permissions: Mapping[str, str]
    events: Sequence[str]


@dataclass(frozen=True, slots=True)
class CodeInstallation:
    """An app in an account. `all_repositories`: those to come as well, otherwise the ones that were chosen."""

    id: int
    account: Account
    all_repositories: bool
    suspended: bool
    html_url: str
    permissions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CodeRepository:
    id: int
    owner_id: int
    full_name: str
    clone_url: str
    default_branch: str
    private: bool
    archived: bool = False
    description: str = ""
    may_push: bool = False  # whoever asked; the host says it of persons alone


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some of a listing. `next_page` is None at its end; `total` counts all of it where the host says so."""

    items: Sequence[Item]
    next_page: int | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class SentDelivery:
    """One attempt of the host to deliver; attempts of the same event share the `guid`."""

    id: int
    guid: str
    event: str
    action: str | None
    status_code: int
    delivered_at: datetime
    redelivery: bool
    repository_id: int | None
    installation_id: int | None

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status_code < 300


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """Newest first. `cursor` asks for the next; None at the end."""

    deliveries: Sequence[SentDelivery]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Branch:
    name: str
    sha: str


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request. `head_repository_id` is None once the fork was deleted; `head_label` is "owner:branch"."""

    number: int
    title: str
    author: str
    is_open: bool
    merged: bool
    head_branch: str
    head_label: str
    head_sha: str
    head_repository_id: int | None
    base_branch: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What lies between two commits. `files` are paths, also the former ones of what was renamed; `complete` is False
    where the host left some out, and then nothing may be concluded from a path that is missing."""

    status: str  # ahead, behind, diverged, identical
    ahead_by: int
    files: Sequence[str]
    complete: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """What a folder holds."""

    path: str
    is_folder: bool
    size: int


class StatusState(StrEnum):
    PENDING = "pending"
    SUCCESS = "success"
    FAILURE = "failure"
    ERROR = "error"


class DeploymentState(StrEnum):
    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    SUCCESS = "success"
    FAILURE = "failure"
    ERROR = "error"
    INACTIVE = "inactive"


class CheckConclusion(StrEnum):
    SUCCESS = "success"
    FAILURE = "failure"
    NEUTRAL = "neutral"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    ACTION_REQUIRED = "action_required"


class AnnotationLevel(StrEnum):
    NOTICE = "notice"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class CommitStatus:
    """`context` is what required checks name: the same for ever. `description` is cut to 140 characters."""

    sha: str
    context: str
    state: StatusState
    description: str
    target_url: str


@dataclass(frozen=True, slots=True)
class NewDeployment:
    """`key` makes it findable again when the answer to its making was lost."""

    sha: str
    environment: str
    production: bool
    transient: bool
    description: str
    key: str


@dataclass(frozen=True, slots=True)
class DeploymentReport:
    state: DeploymentState
    description: str
    log_url: str
    environment_url: str = ""


@dataclass(frozen=True, slots=True)
class Annotation:
    path: str
    line: int
    level: AnnotationLevel
    title: str
    message: str


@dataclass(frozen=True, slots=True)
class CheckRun:
    """`external_id` makes it findable again. While it has no conclusion it is in progress."""

    sha: str
    name: str
    external_id: str
    title: str
    summary: str
    details_url: str
    conclusion: CheckConclusion | None = None
    annotations: Sequence[Annotation] = ()


class AppMaker(Protocol):
    """Before there is an app: no credentials."""

    def convert_manifest(self, code: str) -> MadeApp:
        """Once for each code, within an hour of it."""
        ...


class SignIn(Protocol):
    """OAuth of an app, with PKCE (S256)."""

    def authorize_url(self, *, redirect_uri: str, state: str, code_challenge: str) -> str: ...

    def exchange(self, code: str, *, redirect_uri: str, code_verifier: str) -> UserToken:
        """Raises CodeHostRefusedError for a code that is wrong, used or expired."""
        ...


class CodeHostApp(Protocol):
    def app(self) -> App: ...

    def installations(self) -> Iterator[CodeInstallation]: ...

    def installation(self, installation_id: int) -> CodeInstallation: ...

    def installation_of(self, full_name: str) -> CodeInstallation:
        """The one that reaches the repository."""
        ...

    def access_token(
        self,
        installation_id: int,
        *,
        repository_ids: Sequence[int] = (),
        permissions: Mapping[str, str] | None = None,
    ) -> AccessToken:
        """Narrowed to what is named: with a repository's number it opens no other that took its name."""
        ...

    def deliveries(self, cursor: str | None = None) -> DeliveryPage: ...

    def delivery_body(self, delivery_id: int) -> bytes:
        """The payload of one attempt, as JSON. Not byte by byte what was signed."""
        ...

    def redeliver(self, delivery_id: int) -> None: ...

    def set_webhook(self, url: str, secret: str) -> None: ...


class CodeHostUser(Protocol):
    def user(self) -> Account: ...

    def emails(self) -> Sequence[Email]: ...

    def installations(self, page: int = 1) -> Page[CodeInstallation]:
        """Those of this app that the person can reach."""
        ...

    def repository(self, full_name: str) -> CodeRepository:
        """Any that they may see, with whether they may push. Raises CodeHostMissingError where that is none."""
        ...

    def repositories(self, installation_id: int, page: int = 1) -> Page[CodeRepository]:
        """Those of the installation that the person can reach. Raises CodeHostMissingError where that is none."""
        ...


class CodeReader(Protocol):
    """One repository, by a token that opens only it."""

    def repository(self) -> CodeRepository: ...

    def branch(self, name: str) -> Branch: ...

    def branches(self) -> Iterator[Branch]: ...

    def message(self, sha: str) -> str:
        """A commit's, whole."""
        ...

    def open_pulls(self) -> Iterator[Pull]: ...

    def closed_pulls(self) -> Sequence[Pull]:
        """Those that changed last, newest first; not all of them."""
        ...

    def pull(self, number: int) -> Pull: ...

    def compare(self, base: str, head: str) -> Comparison: ...

    def folder(self, path: str, ref: str) -> Sequence[Entry]:
        """At most a thousand. The root is the empty path. Raises CodeHostMissingError where there is no such folder."""
        ...

    def file(self, path: str, ref: str) -> bytes:
        """Up to 1 MB. Raises CodeHostMissingError where there is no such file."""
        ...


class CodeReports(Protocol):
    """What one repository is told. Each `find_…` answers what an earlier attempt made whose answer was lost."""

    def has_status(self, status: CommitStatus) -> bool:
        """Whether the newest status of that context says this already."""
        ...

    def create_status(self, status: CommitStatus) -> None: ...

    def find_deployment(self, wanted: NewDeployment) -> int | None: ...

    def create_deployment(self, wanted: NewDeployment) -> int: ...

    def newest_deployment_state(self, deployment_id: int) -> DeploymentState | None: ...

    def create_deployment_status(self, deployment_id: int, report: DeploymentReport) -> None: ...

    def find_check_run(self, wanted: CheckRun) -> int | None: ...

    def create_check_run(self, wanted: CheckRun) -> int:
        """Any number of annotations."""
        ...

    def update_check_run(self, check_run_id: int, wanted: CheckRun) -> None:
        """Annotations are added to those that it has."""
        ...

    def annotations_of(self, check_run_id: int) -> int:
        """How many it has."""
        ...

    def find_comment(self, pull_number: int, marker: str) -> int | None:
        """The app's own comment that holds the marker."""
        ...

    def create_comment(self, pull_number: int, body: str) -> int: ...

    def update_comment(self, comment_id: int, body: str) -> None:
        """Raises CodeHostMissingError when somebody deleted it."""
        ...
