"""The app at a code host: from the environment where the operator named one, else the one that was made here."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache

from django.conf import settings
from django.db import transaction

from clients.code_host import CodeHostAddress, MadeApp, code_host_at
from core.errors import UserError
from projects.actions import audit
from projects.models import DeliveryMode, GitHubApp, Team, User
from projects.secrets import seal, unseal


@dataclass(frozen=True, slots=True)
class LinkedApp:
    """The app at one host, with what it proves itself with."""

    address: CodeHostAddress
    app_id: int
    slug: str
    name: str
    html_url: str
    client_id: str
    client_secret: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    private_key: str = field(repr=False)
    polling: bool = False

    @property
    def host(self) -> str:
        return self.address.host

    @property
    def installation_url(self) -> str:
        """Where a person gives it their repositories."""
        return f"{self.html_url}/installations/new"


def all_apps() -> list[LinkedApp]:
    """The operator's own first."""
    named = [one for one in [_of_environment()] if one]
    rows = GitHubApp.objects.exclude(host__in=[one.host for one in named]).select_related("secrets").order_by("pk")
    return [*named, *map(_of_row, rows)]


def app_at(host: str) -> LinkedApp | None:
    named = _of_environment()
    if named is not None and named.host == host:
        return named
    row = GitHubApp.objects.filter(host=host).select_related("secrets").first()
    return _of_row(row) if row else None


def required_app(host: str) -> LinkedApp:
    """Raises UserError where there is none."""
    found = app_at(host)
    if found is None:
        raise UserError("app_missing", f"There is no app of this installation at {host}.", "Create it, or name it.")
    return found


def keep(made: MadeApp, address: CodeHostAddress, *, team: Team, actor: User, mode: DeliveryMode) -> GitHubApp:
    """Writes a new app down, in the place of an earlier one at that host."""
    secrets = {
        "client_secret": made.client_secret,
        "webhook_secret": made.webhook_secret or "",
        "private_key": made.private_key,
    }
    values = {
        "team": team,
        "web_url": address.web_url,
        "app_id": made.app_id,
        "slug": made.slug,
        "name": made.name,
        "client_id": made.client_id,
        "html_url": made.html_url,
        "owner": made.owner.login,
        "mode": mode,
    }
    with transaction.atomic():
        row, _created = GitHubApp.objects.update_or_create(
            host=address.host, defaults={**values, "secrets": seal(team, json.dumps(secrets))}
        )
        audit(team, actor, "app.created", f"{address.host}/{made.slug}", app=made.app_id)
    kept: GitHubApp = row
    return kept


def webhook_secret(host: str) -> str | None:
    """What deliveries from that host are signed with; None for a host without an app. One query, at most."""
    named = _of_environment()
    if named is not None and named.host == host:
        return named.webhook_secret
    row = GitHubApp.objects.filter(host=host).values_list("secrets", flat=True).first()
    return _webhook_secret_of(row) if row else None


def _of_row(row: GitHubApp) -> LinkedApp:
    secrets = json.loads(unseal(row.secrets))
    return LinkedApp(
        code_host_at(row.web_url),
        row.app_id,
        row.slug,
        row.name,
        row.html_url,
        row.client_id,
        polling=row.mode == DeliveryMode.POLLING,
        **secrets,
    )


def _of_environment() -> LinkedApp | None:
    named = settings.GITHUB_APP
    return _named(**named) if named else None


@lru_cache(maxsize=4)
def _named(
    *,
    url: str,
    app_id: int,
    slug: str,
    client_id: str,
    client_secret: str,
    webhook_secret: str,
    private_key: str,
    polling: bool,
) -> LinkedApp:
    address = code_host_at(url)
    below = "apps" if address.host == "github.com" else "github-apps"
    return LinkedApp(
        address,
        app_id,
        slug,
        slug,
        f"{address.web_url}/{below}/{slug}",
        client_id,
        client_secret,
        webhook_secret,
        private_key,
        polling,
    )


@lru_cache(maxsize=16)
def _webhook_secret_of(version_id: int) -> str | None:
    """A version never changes, so that what was unsealed once is good."""
    row = GitHubApp.objects.filter(secrets=version_id).select_related("secrets").first()
    return str(json.loads(unseal(row.secrets))["webhook_secret"]) if row else None
