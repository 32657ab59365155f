"""Who asks the code host: the app itself, a person, or one repository's installation by a narrowed token."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import Final

from django.conf import settings

from clients.code_host import AppKey, CodeHostApp, CodeHostUser, CodeReader, CodeReports, OAuthKey, SignIn
from clients.github import GitHubApp, GitHubReader, GitHubReports, GitHubSignIn, GitHubUser, InstallationTokens
from projects.github_apps import LinkedApp, app_at
from projects.models import Repository

#: All that a build may do with a repository.
_READ_ONLY: Final = {"contents": "read"}
_BUDGET: Final = timedelta(minutes=10)


def app_itself(app: LinkedApp) -> CodeHostApp:
    return GitHubApp(app.address, AppKey(app.app_id, app.private_key))


def sign_in(app: LinkedApp) -> SignIn:
    return GitHubSignIn(app.address, OAuthKey(app.client_id, app.client_secret))


def person(app: LinkedApp, token: str) -> CodeHostUser:
    return GitHubUser(app.address, token)


def clone_token(app: LinkedApp, *, installation: int, repository: int) -> str:
    """For one fetch of this repository, and for nothing but reading it."""
    token = app_itself(app).access_token(installation, repository_ids=[repository], permissions=_READ_ONLY)
    return token.value


def reader_of(repository: Repository) -> CodeReader | None:
    """None for a repository that lives here, and for one that the app lost."""
    app, tokens = app_of(repository), _tokens_of(repository)
    return GitHubReader(app.address, repository.full_name, tokens.authorization) if app and tokens else None


def reader_at(app: LinkedApp, *, installation: int, repository: int, full_name: str) -> CodeReader:
    """Of a repository that nobody linked yet."""
    return GitHubReader(app.address, full_name, _tokens(app, installation, repository).authorization)


def reports_of(repository: Repository) -> CodeReports | None:
    """An opener of `projects.code_hosts`."""
    app, tokens = app_of(repository), _tokens_of(repository)
    if app is None or tokens is None:
        return None
    return GitHubReports(
        app.address,
        repository.full_name,
        tokens.authorization,
        app_slug=app.slug,
        seconds_between_writes=settings.CODE_HOST_WRITE_SECONDS,
    )


def app_of(repository: Repository) -> LinkedApp | None:
    """The app, while it has the repository."""
    installation = repository.installation
    if installation is None or installation.suspended_at or installation.removed_at:
        return None
    return app_at(repository.host)


def _tokens_of(repository: Repository) -> InstallationTokens | None:
    app, installation = app_of(repository), repository.installation
    if app is None or installation is None:
        return None
    return _tokens(app, installation.external_id, repository.external_id)


@lru_cache(maxsize=1024)
def _tokens(app: LinkedApp, installation: int, repository: int) -> InstallationTokens:
    """One token serves for most of an hour, whatever this process asks or tells about the repository."""
    return InstallationTokens(app_itself(app), installation, repository_ids=[repository], budget=_BUDGET)
