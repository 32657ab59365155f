"""What a Cloudflare token reaches: its id, its accounts, and what it may read there."""

from __future__ import annotations

from dataclasses import dataclass

from clients.cloudflare import Cloudflare
from clients.vendor_api import VendorRefusedError
from core.errors import UserError


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    name: str


def token_id(cloudflare: Cloudflare, account: str = "") -> str:
    """Raises UserError credential_refused where it is disabled or has expired. A token that belongs to an account and
    to no user is known at the account only."""
    try:
        found = cloudflare.ask("GET", "/user/tokens/verify")
    except VendorRefusedError:
        if not account:
            raise
        found = cloudflare.ask("GET", f"/accounts/{account}/tokens/verify")
    if found["status"] != "active":
        raise UserError("credential_refused", f"The token is {found['status']} at Cloudflare.", "Enter another one.")
    return str(found["id"])


def accounts(cloudflare: Cloudflare) -> list[Account]:
    """Those that the token reaches."""
    return [Account(one["id"], one["name"]) for one in cloudflare.every("/accounts")]


def may_read(cloudflare: Cloudflare, path: str) -> str:
    """ "" where it may, else what Cloudflare says."""
    try:
        cloudflare.ask("GET", path)
    except UserError as error:
        return error.sentence
    return ""


def workers_dev(cloudflare: Cloudflare, account: str) -> str:
    """The account's name below workers.dev, "" where none was chosen."""
    found = cloudflare.found(f"/accounts/{account}/workers/subdomain")
    return str((found or {}).get("subdomain") or "")
