"""What a code host can tell, typed. Behind these nothing sees JSON; accounts and repositories are numbers."""

from __future__ import annotations

from dataclasses import dataclass

from deployments.events import PullRequestEvent, PushEvent


@dataclass(frozen=True, slots=True)
class Ping:
    """Somebody linked a webhook, and tries it."""


@dataclass(frozen=True, slots=True)
class Ignored:
    reason: str


@dataclass(frozen=True, slots=True)
class RepositoryPush:
    """A push, and the number of the repository in which it happened."""

    repository_id: int
    push: PushEvent


@dataclass(frozen=True, slots=True)
class RepositoryPullRequest:
    """A pull request to that repository."""

    repository_id: int
    pull_request: PullRequestEvent


@dataclass(frozen=True, slots=True)
class BranchDeleted:
    repository_id: int
    branch: str


@dataclass(frozen=True, slots=True)
class RerunRequested:
    """Somebody pressed "re-run" beside a check. `deployment` is empty where all checks of the commit are meant."""

    repository_id: int
    head_sha: str
    deployment: str


@dataclass(frozen=True, slots=True)
class RepositoryChanged:
    """`action` is GitHub's: renamed, transferred, edited, deleted, privatized, publicized."""

    action: str
    repository_id: int
    owner_id: int
    full_name: str
    clone_url: str
    default_branch: str


@dataclass(frozen=True, slots=True)
class InstallationChanged:
    """`action` is GitHub's: created, deleted, suspend, unsuspend. `repository_ids` are those of a new one."""

    action: str
    installation_id: int
    account_id: int
    account_login: str
    repository_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class InstallationRepositoriesChanged:
    installation_id: int
    account_id: int
    added: tuple[int, ...]
    removed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AuthorizationRevoked:
    """A person withdrew what they had given the app when they signed in."""

    account_id: int


Event = (
    Ping
    | Ignored
    | RepositoryPush
    | RepositoryPullRequest
    | BranchDeleted
    | RerunRequested
    | RepositoryChanged
    | InstallationChanged
    | InstallationRepositoriesChanged
    | AuthorizationRevoked
)
