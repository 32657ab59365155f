"""The agent's memory at a release, and after: made or found before anything goes to the platform, removed at the end.

Its variables become the deployment's, so that what runs, a rollback and the redaction of logs know them as any other.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models.functions import Now

from builds.recorder import Recorder
from core.errors import UserError
from deployments.cloud.accounts import account_in_use, connect_storage
from deployments.cloud.binding import expanded
from deployments.cloud.memory import KeptIds
from deployments.cloud.patience import patiently
from deployments.cloud.services import held
from deployments.cloud.storages import as_port, is_wanted, make_storage, owner_of, variables_of, wish_of
from deployments.cloud.telling import Discreet
from deployments.models import Account, AgentStorage, AgentStorageVariable, Deployment, DeploymentVariable
from deployments.variables import secrets_of
from projects import operations
from projects.actions import audit, audit_unsealing
from projects.leases import Lease, PostponedError
from projects.models import Operation, SecretVersion
from projects.secrets import seal

_PAUSE_SECONDS = 2


def prepare(deployment: Deployment, lease: Lease, recorder: Recorder) -> None:
    """Where its destination asks for a storage, the deployment has its variables afterwards. Raises UserError."""
    wish = wish_of(deployment.destination.config)
    if wish is None:
        return
    if deployment.push.pull_request_id:
        recorder.line("No storage: a fork's code is not given what production keeps.")
        return
    config = expanded(deployment, wish.config, "config.storage")
    with lease.transaction():
        storage = make_storage(deployment, wish, config)
    with held(owner_of(storage), lease), recorder.step("storage"):
        _require_living(storage)
        _ensure(deployment, storage, lease, recorder)


def remove(lease: Lease) -> None:
    """Unless something uses it again by now."""
    storage = _storage(lease.subject_id)
    if storage is None or is_wanted(storage):
        return
    with held(owner_of(storage), lease), patiently(lease, lambda error: _say(storage.pk, error)):
        if is_wanted(storage):
            return
        provider = connect_storage(account_in_use(storage), f"remove {storage.name}")
        provider.remove(as_port(storage), KeptIds(storage, lease))
        with lease.finishing():
            AgentStorage.objects.filter(pk=storage.pk).update(removed_at=Now(), error=None)
            of_storage = AgentStorageVariable.objects.filter(storage=storage)
            SecretVersion.objects.filter(pk__in=of_storage.values("version")).update(revoked_at=Now())
            audit(storage.team, None, "storage.removed", storage.name, provider=storage.provider)


def ended(operation: Operation, ending: operations.Ending) -> None:
    _say(operation.subject_id, ending.error)


def _require_living(storage: AgentStorage) -> None:
    """It may have been removed while this waited for it: the next attempt makes another."""
    both = {storage.pk, owner_of(storage).pk}
    if AgentStorage.objects.living().filter(pk__in=both).count() < len(both):
        raise PostponedError(_PAUSE_SECONDS)


def _ensure(deployment: Deployment, storage: AgentStorage, lease: Lease, recorder: Recorder) -> None:
    account = account_in_use(storage)
    names = storage.variables.values_list("name", flat=True)
    audit_unsealing(storage.team, storage.name, names, why=f"release {deployment.public_id}")
    provider = connect_storage(account, f"release {deployment.public_id}")
    place = as_port(storage)
    discreet = Discreet.of(recorder, {**secrets_of(deployment), **place.kept})
    try:
        kept = provider.ensure(place, KeptIds(storage, lease), discreet)
    except UserError as error:
        _note_refusal(account, error)
        raise
    with lease.transaction():
        if not place.kept:
            audit(storage.team, None, "storage.connected", storage.name, provider=storage.provider)
        _keep(storage, kept.variables)
        given = _give(deployment, storage)
    recorder.line(f"{', '.join(given)}: {kept.detail}.")


def _note_refusal(account: Account, error: UserError) -> None:
    """So that the next push hears of it before anything is built."""
    if error.code == "credential_refused":
        Account.objects.filter(pk=account.pk).update(error=error.as_dict(), checked_at=Now())


def _keep(storage: AgentStorage, variables: Mapping[str, str]) -> None:
    """A value that changed is a new version; what deployments of before have stays theirs."""
    before = variables_of(storage)
    AgentStorageVariable.objects.filter(storage=storage).exclude(name__in=variables).delete()
    for name, value in variables.items():
        if before.get(name) != value:
            AgentStorageVariable.objects.update_or_create(
                storage=storage, name=name, defaults={"team": storage.team, "version": seal(storage.team, value)}
            )


def _give(deployment: Deployment, storage: AgentStorage) -> list[str]:
    """What the project's own variables say under the same names gives way."""
    for one in storage.variables.order_by("name"):
        DeploymentVariable.objects.update_or_create(
            deployment=deployment, name=one.name, defaults={"team": storage.team, "version_id": one.version_id}
        )
    return sorted(storage.variables.values_list("name", flat=True))


def _storage(pk: int) -> AgentStorage | None:
    rows = AgentStorage.objects.living().select_related("team", "account", "destination__project", "production")
    found: AgentStorage | None = rows.filter(pk=pk).first()
    return found


def _say(storage_id: int, error: dict[str, object]) -> None:
    AgentStorage.objects.filter(pk=storage_id).update(error=error)
