"""A team's accounts at vendors: entered, checked with the vendor, replaced, removed. Never shown, never in a build."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from core.errors import DextoError, PlatformError, UserError
from deployments.cloud.registry import asked_of, endpoints_of, module_of, storage_module_of
from deployments.models import Account, AccountField, AgentStorage, CloudService, Destination
from deployments.platforms.cloud import CloudModule, CloudPlatform
from deployments.storage.contract import Storage, StorageModule
from projects.actions import audit, audit_unsealing
from projects.models import SecretVersion, Team, User
from projects.secrets import seal, unseal

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?")
_LONGEST: Final = 20_000


def enter(team: Team, platform: str, name: str, values: Mapping[str, str], *, actor: User | None) -> Account:
    """Checked with the vendor first: what it refuses is not kept. Raises UserError."""
    module = asked_of(platform)
    if not _NAME.fullmatch(name):
        raise UserError(
            "name_invalid", f"{name!r} cannot be an account's name.", "Use lower-case letters, digits and dashes."
        )
    given = _given(module, values)
    found = _asked(module, platform, given)
    try:
        with transaction.atomic():
            account: Account = Account.objects.create(team=team, platform=platform, name=name, **found)
            _seal(account, given)
            audit(team, actor, "account.added", str(account), fields=sorted(given))
    except IntegrityError as error:
        raise UserError(
            "name_taken", f"There is an account {name} at {platform} already.", "Choose another name."
        ) from error
    account.refresh_from_db()
    return account


def replace(account: Account, values: Mapping[str, str], *, actor: User | None) -> Account:
    """Other values for its fields. Those before are revoked: nothing of them stays in use. Raises UserError."""
    module = asked_of(account.platform)
    given = _given(module, values)
    found = _asked(module, account.platform, given)
    with transaction.atomic():
        _revoke(account)
        AccountField.objects.filter(account=account).delete()
        _seal(account, given)
        Account.objects.filter(pk=account.pk).update(**found)
        audit(account.team, actor, "account.replaced", str(account), fields=sorted(given))
    account.refresh_from_db()
    return account


def check(account: Account, *, actor: User | None) -> Account:
    """Asks the vendor again; what it says is kept, also when it refuses."""
    module = asked_of(account.platform)
    try:
        found = _asked(module, account.platform, _given(module, _opened(account, "check")))
    except UserError as error:
        found = {"error": error.as_dict(), "checked_at": Now()}
    Account.objects.filter(pk=account.pk).update(**found)
    audit(account.team, actor, "account.checked", str(account), ok=found["error"] is None)
    account.refresh_from_db()
    return account


def remove(account: Account, *, actor: User | None) -> None:
    """Raises UserError while something runs there by it: nobody could delete that any more."""
    running = CloudService.objects.living().filter(account=account).values_list("name", flat=True)
    kept = AgentStorage.objects.living().filter(account=account).values_list("name", flat=True)
    if names := sorted([*running, *kept]):
        more = f", and {len(names) - 1} more" if len(names) > 1 else ""
        raise UserError(
            "account_in_use",
            f"{names[0]} runs there by this account{more}.",
            "Remove the destinations that use it first, with what they run.",
        )
    with transaction.atomic():
        _revoke(account)
        Account.objects.filter(pk=account.pk).update(removed_at=Now())
        audit(account.team, actor, "account.removed", str(account))


def account_of(destination: Destination) -> Account:
    """Whose credentials release there: the one that is named, else the team's only one. Raises UserError."""
    named = destination.config.get("account", "")
    chosen = destination.account
    if chosen is not None and not named and chosen.removed_at is None and chosen.platform == destination.platform:
        return chosen
    return account_named(destination.team, destination.platform, named)


def account_named(team: Team, vendor: str, name: str) -> Account:
    """The team's at the vendor; its only one for "". Raises UserError."""
    known = Account.objects.living().for_team(team).filter(platform=vendor)
    found = list(known.filter(name=name) if name else known)
    if len(found) == 1:
        account: Account = found[0]
        return account
    if name:
        raise UserError(
            "account_missing",
            f"The team has no account {name} at {vendor}.",
            "Add it on the team's Accounts page, or name another one in the destination.",
        )
    raise UserError(
        "account_missing",
        f"The team has {len(found) or 'no'} account{'s' if len(found) > 1 else ''} at {vendor}.",
        "Name one of them in the destination." if found else "Add one on the team's Accounts page, then redeploy.",
    )


def account_in_use(made: CloudService | AgentStorage) -> Account:
    """By which it was made. Raises UserError."""
    if made.account is not None and made.account.removed_at is None:
        return made.account
    again: Account | None = None
    if made.account is not None:
        known = Account.objects.living().filter(team=made.team_id, platform=made.account.platform)
        again = known.filter(name=made.account.name).first()
    if again is None:
        raise UserError(
            "account_missing",
            f"The account in which {made.name} runs is no longer one of the team's.",
            "Add it again on the team's Accounts page, under the same name.",
        )
    return again


def connect(account: Account, why: str) -> CloudPlatform:
    """The vendor, by this account. The audit says first that its values are read. Raises UserError."""
    return module_of(account.platform).connect(_opened(account, why), endpoints_of(account.platform))


def connect_storage(account: Account, why: str) -> Storage:
    """The same for what keeps agents' memory."""
    module = storage_module_of(account.platform)
    return module.connect(_opened(account, why), endpoints_of(account.platform))


def connect_to_nobody(platform: str) -> CloudPlatform:
    """For questions that are answered without asking the vendor: no value of a credential is opened for them."""
    module = module_of(platform)
    return module.connect({field.name: "-" for field in module.credentials}, endpoints_of(platform))


def _given(module: CloudModule | StorageModule, values: Mapping[str, str]) -> dict[str, str]:
    given = {field.name: values.get(field.name, "").strip() for field in module.credentials}
    missing = [field.label for field in module.credentials if field.is_required and not given[field.name]]
    if missing:
        raise UserError("credential_incomplete", f"{missing[0]} is missing.", "Fill in every field that is required.")
    for field in module.credentials:
        _refuse_odd(field.label, given[field.name])
    return {name: value for name, value in given.items() if value}


def _refuse_odd(label: str, value: str) -> None:
    """Every vendor's values are printable ASCII: headers, addresses and regions can hold nothing else."""
    if len(value) > _LONGEST or not (value.isascii() and value.isprintable()):
        raise UserError(
            "credential_incomplete",
            f"{label} is too long, or has characters that it cannot have.",
            "Paste it as the vendor shows it; in a URL, write other characters as %XX.",
        )


def _asked(module: CloudModule | StorageModule, platform: str, given: Mapping[str, str]) -> dict[str, Any]:
    """What to keep of the check. Raises UserError where the vendor refuses the credential."""
    try:
        found = module.connect(given, endpoints_of(platform)).check()
    except PlatformError as error:
        return {"error": error.as_dict(), "checked_at": Now()}
    return {"found": asdict(found), "error": None, "checked_at": Now()}


def _seal(account: Account, given: Mapping[str, str]) -> None:
    for name, value in given.items():
        AccountField.objects.create(team=account.team, account=account, name=name, version=seal(account.team, value))


def _opened(account: Account, why: str) -> dict[str, str]:
    fields = list(account.fields.select_related("version"))
    audit_unsealing(account.team, str(account), (field.name for field in fields), why=why)
    try:
        return {field.name: unseal(field.version) for field in fields}
    except DextoError as error:
        raise UserError(
            "credential_refused", f"The values of {account} cannot be read any more.", "Enter them anew on Accounts."
        ) from error


def _revoke(account: Account) -> None:
    SecretVersion.objects.filter(pk__in=account.fields.values("version")).update(revoked_at=Now())
