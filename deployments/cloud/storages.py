"""What a destination says of its storage, and the storages themselves: one for each place, under a mark of its own."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from django.db import transaction

from core.errors import UserError
from deployments import hostnames
from deployments.cloud import queue
from deployments.cloud.accounts import account_named
from deployments.cloud.registry import storage_module_of
from deployments.cloud.services import branch_of
from deployments.models import Account, AgentStorage, Deployment, Destination, Route, RouteKind
from deployments.storage.contract import Place
from projects.actions import audit
from projects.models import Environment, Team, User
from projects.secrets import unseal

_LONGEST: Final = 54
_CORRECT: Final = "Correct it in deployment.yml, or on the project's Destinations page."


@dataclass(frozen=True, slots=True)
class Wish:
    """`storage` of a destination's config. `account` is the name of one of the team's, "" the only one."""

    provider: str
    account: str
    config: Mapping[str, Any]


def wish_of(config: Mapping[str, Any]) -> Wish | None:
    """None where it asks for none. Raises UserError destination_config_invalid."""
    if "storage" not in config:
        return None
    given = config["storage"]
    if not isinstance(given, Mapping) or not isinstance(given.get("account", ""), str):
        raise UserError("destination_config_invalid", "config.storage names no provider and account.", _CORRECT)
    module = storage_module_of(given.get("provider"))
    rest = {key: one for key, one in given.items() if key not in ("provider", "account")}
    if unknown := sorted(set(rest) - set(module.config)):
        known = ", ".join(["provider", "account", *module.config])
        raise UserError(
            "destination_config_invalid", f"config.storage.{unknown[0]} is unknown.", f"It may say: {known}."
        )
    return Wish(str(given["provider"]), str(given.get("account", "")), rest)


def refusal(team: Team, config: Mapping[str, Any]) -> UserError | None:
    """Why the storage that is asked for would not be had, as far as it is known here. Asks nobody."""
    try:
        wish = wish_of(config)
        account = account_named(team, wish.provider, wish.account) if wish else None
    except UserError as error:
        return error
    if account is None or not account.error or account.error["code"] != "credential_refused":
        return None
    return UserError(
        "credential_refused",
        f"{account} was refused when it was last checked: {account.error['message']}",
        "Check it again, or replace its values, on the team's Accounts page; then redeploy.",
    )


def make_storage(deployment: Deployment, wish: Wish, config: Mapping[str, Any]) -> AgentStorage:
    """The one of its place, new or old. Raises UserError where that is elsewhere than is asked for now."""
    account = account_named(deployment.team, wish.provider, wish.account)
    production = _made(deployment, Environment.PRODUCTION, "", account)
    if deployment.is_production:
        return _with(production, account, config)
    preview = _made(deployment, deployment.environment, branch_of(deployment), account)
    preview.production = _with(production, account, production.config or config)  # its own variables fill that in
    return _with(preview, account, config)


def owner_of(storage: AgentStorage) -> AgentStorage:
    """Production's, which a preview's belongs to: who holds that holds all of them."""
    return storage.production or storage


def as_port(storage: AgentStorage) -> Place:
    production = as_port(storage.production) if storage.production else None
    return Place(storage.name, storage.mark, storage.config, production, variables_of(storage))


def variables_of(storage: AgentStorage) -> dict[str, str]:
    return {one.name: unseal(one.version) for one in storage.variables.select_related("version")}


def is_wanted(storage: AgentStorage) -> bool:
    """Whether something that serves has it, or is on its way there."""
    if storage.destination.project.deleted_at is not None:
        return False
    here = Deployment.objects.filter(destination=storage.destination_id, environment=storage.environment)
    if storage.branch:
        here = here.filter(branch=storage.branch)
    having = here.filter(variables__version__in=storage.variables.values("version"))
    serving = Route.objects.filter(wanted__in=having).exclude(kind=RouteKind.DEPLOYMENT)
    return bool(here.active().exists() or serving.exists())


def delete(storage: AgentStorage, *, actor: User | None) -> None:
    """By a person's word, with all that is in it. Raises UserError while something has it."""
    if is_wanted(storage) or (not storage.is_preview and storage.previews.living().exists()):
        raise UserError(
            "storage_in_use",
            f"{storage.name} keeps the memory of an agent that serves, or of its previews.",
            "Remove what serves and its branches first, or deploy without this storage.",
        )
    with transaction.atomic():
        audit(storage.team, actor, "storage.deleted", storage.name, provider=storage.provider)
        queue.remove(storage)


def _made(deployment: Deployment, environment: str, branch: str, account: Account) -> AgentStorage:
    destination = deployment.destination
    place = {"environment": environment, "branch": branch, "removed_at": None}
    found: AgentStorage | None = AgentStorage.objects.filter(destination=destination, **place).first()
    if found is None and environment == Environment.PRODUCTION:
        found = _inherited(destination, account)
    if found is None:
        found, _created = AgentStorage.objects.get_or_create(
            destination=destination,
            **place,
            defaults={
                "team": deployment.team,
                "provider": account.platform,
                "account": account,
                "name": _name(destination, environment, branch),
                "mark": f"dexto:{secrets.token_hex(12)}",
            },
        )
    return found


def _inherited(destination: Destination, account: Account) -> AgentStorage | None:
    """A destination that comes back, or moved to another platform, goes on with the memory that its name had."""
    kept = AgentStorage.objects.living().filter(
        destination__project=destination.project,
        destination__name=destination.name,
        destination__removed_at__isnull=False,
        environment=Environment.PRODUCTION,
        provider=account.platform,
        account=account,
    )
    found: AgentStorage | None = kept.order_by("-pk").first()
    if found is not None:
        found.destination = destination
    return found


def _with(storage: AgentStorage, account: Account, config: Mapping[str, Any]) -> AgentStorage:
    if storage.account is None or storage.account.removed_at is not None:
        storage.account = account if storage.provider == account.platform else storage.account
    if storage.provider != account.platform or storage.account_id != account.pk:
        before = storage.account or storage.provider
        raise UserError(
            "account_changed",
            f"{storage.name} keeps its memory at {before}, not at {account}.",
            f"Name {before} in the destination's storage, or add another destination.",
        )
    storage.config = dict(config)
    storage.save(update_fields=["destination", "production", "account", "config"])
    return storage


def _name(destination: Destination, environment: str, branch: str) -> str:
    """Production's is the plain one, as long as the project has no other of it."""
    parts = (destination.project.slug, hostnames.slug(destination.name), hostnames.slug(branch))
    plain = "-".join(part for part in parts if part)
    others = AgentStorage.objects.living().filter(destination__project=destination.project)
    if environment == Environment.PRODUCTION and not others.filter(name=plain[:_LONGEST].rstrip("-")).exists():
        return plain[:_LONGEST].rstrip("-")
    digest = sha256(f"{destination.pk}:{environment}:{branch}".encode()).hexdigest()[:8]
    return f"{plain[: _LONGEST - 9].rstrip('-')}-{digest}"
