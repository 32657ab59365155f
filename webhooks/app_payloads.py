"""Payloads about where the app is installed, and about repositories as a whole."""

from __future__ import annotations

import json

from pydantic import Field

from webhooks.events import (
    AuthorizationRevoked,
    Event,
    Ignored,
    InstallationChanged,
    InstallationRepositoriesChanged,
    RepositoryChanged,
)
from webhooks.payload_model import Name, Numbered, PayloadModel, Text

_REPOSITORY_ACTIONS = frozenset({"renamed", "transferred", "edited", "deleted", "privatized", "publicized"})
_INSTALLATION_ACTIONS = frozenset({"created", "deleted", "suspend", "unsuspend"})


class _Owner(Numbered):
    login: Text = Field(default="", max_length=100)
    slug: Text = Field(default="", max_length=100)  # an enterprise has no login


class _RepositoryBody(Numbered):
    full_name: Name = Field(max_length=200)
    clone_url: Name = Field(max_length=1000)
    default_branch: Name = Field(max_length=250)
    owner: _Owner


class _Repository(PayloadModel):
    action: Text
    repository: _RepositoryBody


class _InstallationBody(Numbered):
    account: _Owner


class _Installation(PayloadModel):
    action: Text
    installation: _InstallationBody
    repositories: tuple[Numbered, ...] = ()


class _InstallationRepositories(PayloadModel):
    installation: _InstallationBody
    repositories_added: tuple[Numbered, ...] = ()
    repositories_removed: tuple[Numbered, ...] = ()


class _Authorization(PayloadModel):
    action: Text
    sender: Numbered


def repository(_guid: str, body: bytes) -> Event:
    parsed = _Repository.model_validate(json.loads(body))
    if parsed.action not in _REPOSITORY_ACTIONS:
        return Ignored(f"a repository that is {parsed.action} deploys as before")
    found = parsed.repository
    return RepositoryChanged(
        parsed.action, found.id, found.owner.id, found.full_name, found.clone_url, found.default_branch
    )


def installation(_guid: str, body: bytes) -> Event:
    parsed = _Installation.model_validate(json.loads(body))
    if parsed.action not in _INSTALLATION_ACTIONS:
        return Ignored(f"an installation's {parsed.action} changes nothing here")
    account = parsed.installation.account
    ids = tuple(one.id for one in parsed.repositories)
    return InstallationChanged(parsed.action, parsed.installation.id, account.id, account.login or account.slug, ids)


def installation_repositories(_guid: str, body: bytes) -> Event:
    parsed = _InstallationRepositories.model_validate(json.loads(body))
    return InstallationRepositoriesChanged(
        parsed.installation.id,
        parsed.installation.account.id,
        tuple(one.id for one in parsed.repositories_added),
        tuple(one.id for one in parsed.repositories_removed),
    )


def authorization(_guid: str, body: bytes) -> Event:
    parsed = _Authorization.model_validate(json.loads(body))
    if parsed.action != "revoked":
        return Ignored(f"an authorization that is {parsed.action} changes nothing here")
    return AuthorizationRevoked(parsed.sender.id)
