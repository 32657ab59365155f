"""One service in one Cloudflare account: its names there, and what speaks for it."""

from __future__ import annotations

from dataclasses import dataclass

from clients.cloudflare import Cloudflare
from clients.cloudflare_accounts import accounts, workers_dev
from clients.cloudflare_r2 import R2
from clients.cloudflare_workers import Dispatched, Script, Workers
from core.errors import UserError
from deployments.platforms.cloud import Memory, Service
from deployments.platforms.cloudflare_config import CloudflareConfig


@dataclass(frozen=True, slots=True)
class Place:
    service: Service
    config: CloudflareConfig
    memory: Memory
    cloudflare: Cloudflare
    account: str
    r2: R2

    @property
    def name(self) -> str:
        """The Worker's. A preview is a Worker of its own: versions with Durable Objects have no address."""
        return self.service.name if self.service.is_preview else self.config.name or self.service.name

    @property
    def bucket(self) -> str:
        return self.chosen_bucket or self.service.name

    @property
    def chosen_bucket(self) -> str:
        """What agents of a preview keep is kept apart."""
        return "" if self.service.is_preview else self.config.bucket

    @property
    def workers(self) -> Workers:
        return Workers(self.cloudflare, self.account)

    @property
    def dispatched(self) -> Dispatched | None:
        namespace = self.config.dispatch_namespace
        return Dispatched(self.cloudflare, self.account, namespace) if namespace else None

    def script(self) -> Script | None:
        return (self.dispatched or self.workers).script(self.name)

    def owns(self, script: Script) -> bool:
        return self.service.mark in script.tags

    def own_script(self) -> Script | None:
        """None where there is none. Raises UserError service_name_taken."""
        script = self.script()
        if script is not None and not self.owns(script):
            raise taken(f"The Worker {self.name}", "name")
        return script

    def address(self) -> str:
        """Where the Worker answers once it is open. Raises UserError where the account has no place for it."""
        if self.dispatched:
            return self.config.dispatch_address.replace("{name}", self.name)
        subdomain = self.memory.service.get("subdomain")
        if not subdomain:
            subdomain = workers_dev(self.cloudflare, self.account)
            self.memory.service.put(subdomain=subdomain)
        if not subdomain:
            raise UserError("vendor_refused", "The account has no name below workers.dev.", CHOOSE_SUBDOMAIN)
        return f"https://{self.name}.{subdomain}.workers.dev"


CHOOSE_SUBDOMAIN = "Choose one in Cloudflare's dashboard, under Workers & Pages, then redeploy."


def account_of(cloudflare: Cloudflare, given: str, memory: Memory) -> str:
    """The account's id: the one given, the one known, or the only one."""
    known = given or memory.service.get("account")
    if known:
        return known
    found = accounts(cloudflare)
    if len(found) != 1:
        names = ", ".join(f"{one.name} ({one.id})" for one in found) or "none"
        raise UserError(
            "destination_config_invalid",
            f"account_id is missing: the token reaches {names}.",
            "Name the account in the destination's config, or on the Accounts page.",
        )
    memory.service.put(account=found[0].id)
    return found[0].id


def taken(what: str, key: str) -> UserError:
    return UserError(
        "service_name_taken",
        f"{what} is at Cloudflare already, and was not made by this installation for this destination.",
        f"Give the destination another `{key}` in its config, or delete what is there.",
    )


def by_dispatcher(what: str) -> UserError:
    return UserError(
        "vendor_refused",
        f"{what} of agents in a dispatch namespace belong to its dispatcher.",
        "Set them at the dispatcher's Worker, or deploy without a dispatch_namespace.",
    )
