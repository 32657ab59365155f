"""Finding a repository for who has no browser: by a token of theirs at the code host, used once and kept nowhere.

That its owner may push is what makes the repository theirs: reading proves nothing where it is public. Who installed
our app there is asked as the app, and from then on the app reads it.
"""

from __future__ import annotations

from clients.code_host import CodeInstallation, CodeRepository
from clients.code_host_errors import CodeHostMissingError, CodeHostRefusedError
from core.errors import UserError
from deployments.linking import Found, found_at
from projects.github_apps import LinkedApp, all_apps, required_app
from projects.github_clients import app_itself, person


def found_by_token(host: str, full_name: str, token: str) -> Found:
    """Raises UserError. Nobody but a host with an app of this installation is asked; "" is the only one."""
    app = required_app(host) if host else _only_app()
    repository = _pushed_to(app, full_name, token)
    return found_at(app, _installation(app, repository), repository)


def _only_app() -> LinkedApp:
    """A token is for one host, and is shown to no other."""
    apps = all_apps()
    if not apps:
        raise UserError("app_missing", "This installation has no app at any code host.", "Create it, or name it.")
    if len(apps) > 1:
        hosts = ", ".join(app.host for app in apps)
        raise UserError("code_host_unclear", f"There are apps at {hosts}.", "Name the host of the repository.")
    return apps[0]


def _pushed_to(app: LinkedApp, full_name: str, token: str) -> CodeRepository:
    repository = _seen(app, full_name, token)
    if not repository.may_push:
        raise UserError(
            "repository_not_yours",
            f"The token's owner may not push to {repository.full_name}.",
            "Send the token of somebody who may. That of a workflow's job is nobody's, and shows nothing.",
        )
    return repository


def _seen(app: LinkedApp, full_name: str, token: str) -> CodeRepository:
    try:
        return person(app, token).repository(full_name)
    except CodeHostRefusedError as error:
        raise UserError(
            "code_host_token_refused",
            f"{app.host} refused the token of yours. {error.sentence}",
            "Send one that has not expired; where an organization asks for single sign-on, authorize it there first.",
        ) from error
    except CodeHostMissingError as error:
        raise UserError(
            "repository_not_seen",
            f"{app.host} shows your token no repository {full_name}.",
            "Correct the name, or send a token that may read the repository.",
        ) from error


def _installation(app: LinkedApp, repository: CodeRepository) -> CodeInstallation:
    try:
        return app_itself(app).installation_of(repository.full_name)
    except CodeHostMissingError as error:
        raise UserError(
            "app_not_installed",
            f"The app {app.name} is not installed for {repository.full_name}.",
            f"Install it there, then link the repository again: {app.installation_url}",
        ) from error
