"""What an adapter is to remember: in rows, under the lease, durable before the next call."""

from __future__ import annotations

from dataclasses import dataclass

from deployments.models import AgentStorage, CloudService
from deployments.platforms.cloud import Memory
from projects.leases import Lease


@dataclass(frozen=True, slots=True)
class KeptIds:
    """For as long as the service, or the storage, exists."""

    row: CloudService | AgentStorage
    lease: Lease

    def get(self, name: str) -> str:
        return str(self.row.ids.get(name, ""))

    def put(self, **ids: str) -> None:
        with self.lease.transaction():
            rows = type(self.row).objects.filter(pk=self.row.pk)
            self.row.ids = {**rows.select_for_update().values_list("ids", flat=True).get(), **ids}
            rows.update(ids=self.row.ids)


@dataclass(frozen=True, slots=True)
class AttemptIds:
    """For as long as the operation is not done."""

    lease: Lease

    def get(self, name: str) -> str:
        return str(self._kept().get(name, ""))

    def put(self, **ids: str) -> None:
        self.lease.remember(ids={**self._kept(), **ids})

    def _kept(self) -> dict[str, str]:
        kept: dict[str, str] = self.lease.operation.handle.get("ids", {})
        return kept


def memory_of(service: CloudService, lease: Lease) -> Memory:
    return Memory(KeptIds(service, lease), AttemptIds(lease))
