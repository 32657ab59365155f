"""supabase: a project for production, made or named, and a branch of it for each preview, gone with it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field

from builds.runner.progress import Progress
from clients.addresses import PUBLIC_ONLY, AddressPolicy
from clients.postgres_admin import PostgresAdmin
from clients.supabase import Branch, Supabase, supabase
from clients.vendor_api import heeding
from core.config.base import Model
from core.errors import PlatformError, UserError
from deployments.platforms.cloud import AccountCheck, CredentialField, Endpoints, Ids
from deployments.platforms.destination_config import config_of
from deployments.platforms.pauses import looks
from deployments.storage.contract import Kept, Place, StorageModule
from deployments.storage.names import project_name

_READY_SECONDS: Final = 600
CONFIG: Final = {
    "projectRef": "A project that is there already; without it one is made, and removed with the destination.",
    "organizationId": "The organization in which a project is made, where the token reaches several.",
    "region": "Where it is made, such as eu-central-1.",
}


class SupabaseConfig(Model):
    project_ref: Annotated[str, Field(pattern=r"^[a-z]{20}$")] | Literal[""] = ""
    organization_id: Annotated[str, Field(pattern=r"^[\w-]{1,60}$")] | Literal[""] = ""
    region: Annotated[str, Field(pattern=r"^[a-z]+-[a-z]+-\d$")] = "eu-central-1"


Pause = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class SupabaseStorage:
    client: Callable[[Pause], Supabase]
    policy: AddressPolicy = PUBLIC_ONLY

    def check(self) -> AccountCheck:
        found = self.client(time.sleep).organizations()
        if not found:
            return AccountCheck("", "", (), ("The token reaches no organization.",))
        can = tuple(f"make projects in {name} ({key})" for key, name in found.items())
        return AccountCheck(next(iter(found)), next(iter(found.values())), can)

    def ensure(self, place: Place, memory: Ids, progress: Progress) -> Kept:
        """A database whose password is known stays as it is; Supabase says none of a project a second time."""
        pause = heeding(progress.check)
        asked, config = self.client(pause), config_of(SupabaseConfig, place.config)
        ref = config.project_ref or self._project(asked, config, place.production or place, memory)
        _wait(lambda: asked.is_ready(ref), pause)
        if place.production is not None:
            url = self._branch_url(asked, place, ref, pause)
        else:
            url = self._known(place) or self._with_password(asked, config, ref)
        PostgresAdmin(url, self.policy).check()
        return Kept({"DATABASE_URL": url}, f"the project {ref} at Supabase")

    def remove(self, place: Place, memory: Ids) -> None:  # noqa: ARG002
        """By names that hold our mark; a project that was named stays."""
        asked, config = self.client(time.sleep), config_of(SupabaseConfig, place.config)
        ref = config.project_ref or asked.projects().get(project_name(place.production or place), "")
        if not ref:
            return
        if place.production is None and not config.project_ref:
            asked.delete_project(ref)
        elif place.production is not None and (branch := asked.branches(ref).get(project_name(place))):
            asked.delete_branch(branch.id)

    def _project(self, asked: Supabase, config: SupabaseConfig, owner: Place, memory: Ids) -> str:
        known = memory.get("project") or asked.projects().get(project_name(owner), "")
        made = known or asked.create_project(
            project_name(owner), _organization(asked, config), secrets.token_hex(16), config.region
        )
        memory.put(project=made)
        return made

    def _branch_url(self, asked: Supabase, place: Place, ref: str, pause: Pause) -> str:
        name = project_name(place)
        branch: Branch = asked.branches(ref).get(name) or asked.create_branch(ref, name)
        _wait(lambda: bool(asked.branch_password(branch.id)), pause)
        return asked.url(branch.ref, asked.branch_password(branch.id))

    def _known(self, place: Place) -> str:
        """ "" where the URL of before does no longer."""
        url = place.kept.get("DATABASE_URL", "")
        try:
            return url if url and PostgresAdmin(url, self.policy).check() else ""
        except UserError:
            return ""

    @staticmethod
    def _with_password(asked: Supabase, config: SupabaseConfig, ref: str) -> str:
        if config.project_ref:
            raise UserError(
                "storage_forbidden",
                f"The password of the project {ref} is not known.",
                "Set DATABASE_URL yourself, of the project's Connect dialogue, or let a project be made.",
            )
        password = secrets.token_hex(16)
        asked.set_password(ref, password)
        return asked.url(ref, password)


def _organization(asked: Supabase, config: SupabaseConfig) -> str:
    found = {config.organization_id: ""} if config.organization_id else asked.organizations()
    if len(found) != 1:
        names = ", ".join(f"{name} ({key})" for key, name in found.items()) or "none"
        raise UserError(
            "destination_config_invalid",
            f"config.organizationId is missing: the token reaches {names}.",
            "Name the organization in the destination's config.",
        )
    return next(iter(found))


def _wait(is_ready: Callable[[], bool], pause: Pause) -> None:
    for _look in looks(pause, seconds=_READY_SECONDS):
        if is_ready():
            return
    raise PlatformError("vendor_failed", "Supabase's database does not come up.", "Look at its status page.")


def connect(credentials: Mapping[str, str], endpoints: Endpoints) -> SupabaseStorage:
    return SupabaseStorage(lambda pause: supabase(credentials["token"], api=endpoints.api, pause=pause))


MODULE = StorageModule(
    (CredentialField("token", "Access token", "Of supabase.com, Account, Access Tokens."),), connect, CONFIG
)
