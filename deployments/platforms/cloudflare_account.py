"""What a Cloudflare token is good for, in words."""

from __future__ import annotations

from collections.abc import Iterator

from clients.cloudflare import Cloudflare
from clients.cloudflare_accounts import Account, accounts, may_read, token_id, workers_dev
from core.errors import UserError
from deployments.platforms.cloud import AccountCheck
from deployments.platforms.cloudflare_place import CHOOSE_SUBDOMAIN

#: path below the account → what reading it shows, and the permission that it needs
_NEEDED = {
    "workers/scripts": ("run Workers", "Workers Scripts: Edit"),
    "r2/buckets": ("keep texts and archives in R2", "Workers R2 Storage: Edit"),
}


def checked(cloudflare: Cloudflare, chosen: str) -> AccountCheck:
    """Raises UserError where the token itself is refused. Permissions to write show only when something is written."""
    token_id(cloudflare, chosen)
    reached = accounts(cloudflare)
    account = _account(reached, chosen)
    if account is None:
        return AccountCheck("", "", missing=(_unclear(reached, chosen),))
    refused = {path: may_read(cloudflare, f"/accounts/{account.id}/{path}") for path in _NEEDED}
    can = [can for path, (can, _permission) in _NEEDED.items() if not refused[path]]
    missing = [
        f"It may not {can}: {refused[path]} It needs {needs}."
        for path, (can, needs) in _NEEDED.items()
        if refused[path]
    ]
    return AccountCheck(
        account.id,
        account.name,
        (*can, *_zones(cloudflare)),
        (*missing, *_subdomain(cloudflare, account)),
    )


def _account(reached: list[Account], chosen: str) -> Account | None:
    wanted = [one for one in reached if chosen in ("", one.id)]
    return wanted[0] if len(wanted) == 1 else None


def _unclear(reached: list[Account], chosen: str) -> str:
    names = ", ".join(f"{one.name} ({one.id})" for one in reached) or "no account"
    if chosen:
        return f"The token does not reach the account {chosen}; it reaches {names}."
    return f"The token reaches {names}: enter the ID of one."


def _zones(cloudflare: Cloudflare) -> Iterator[str]:
    """A token without zones is good enough for addresses below workers.dev."""
    try:
        names = [str(zone["name"]) for zone in cloudflare.every("/zones")]
    except UserError:
        return
    if names:
        yield f"put agents under hostnames of {', '.join(names[:5])}{' and others' if len(names) > 5 else ''}"


def _subdomain(cloudflare: Cloudflare, account: Account) -> Iterator[str]:
    try:
        name = workers_dev(cloudflare, account.id)
    except UserError:
        return
    if not name:
        yield f"The account has no name below workers.dev. {CHOOSE_SUBDOMAIN}"
