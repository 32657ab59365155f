"""How builders fetch from a code host: with a token that reads this one repository, and lasts for this fetch."""

from __future__ import annotations

import base64
from typing import Final

from builds.runner.git import Source
from core.errors import UserError
from projects.github_apps import LinkedApp
from projects.github_clients import app_of, clone_token
from projects.models import Repository

_USER: Final = "x-access-token"


def source(repository: Repository) -> Source:
    """Raises UserError when the app no longer has the repository, and the errors of the code host."""
    app, installation = app_of(repository), repository.installation
    if app is None or installation is None:
        raise _lost(repository)
    return source_with(app, repository.clone_url, installation=installation.external_id, number=repository.external_id)


def source_with(app: LinkedApp, clone_url: str, *, installation: int, number: int) -> Source:
    token = clone_token(app, installation=installation, repository=number)
    return Source(clone_url, f"Basic {base64.b64encode(f'{_USER}:{token}'.encode()).decode()}")


def _lost(repository: Repository) -> UserError:
    """In the words in which it was noted."""
    why = repository.lost or ("suspended" if repository.installation else "not linked by an app")
    return UserError(
        "repository_lost",
        f"The app cannot read {repository.full_name}: {why}.",
        "Give the app the repository again at the code host, then redeploy.",
    )
