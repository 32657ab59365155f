"""A lease: the right to carry out one operation until it expires, and the fence that proves it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from core.errors import CancelledError, PlatformError
from projects.models import Operation, OperationStatus
from projects.models.operations import OPERATION_STATES


class LeaseLostError(PlatformError):
    """Somebody else may be doing this work by now: nothing more may be written."""

    def __init__(self) -> None:
        super().__init__("lease_lost", "This worker's lease ran out.", "Nothing to do: another worker goes on.")


class HandedBackError(PlatformError):
    """This worker is being stopped: the work goes back, and another worker takes it at once."""

    def __init__(self) -> None:
        super().__init__("handed_back", "Its worker was stopped.", "Nothing to do: another worker goes on.")


class PostponedError(PlatformError):
    """The work cannot go on now, and it is nobody's fault: it goes back, and costs no attempt."""

    def __init__(self, seconds: int) -> None:
        super().__init__("postponed", f"This goes on in {seconds} s.", "Nothing to do.")
        self.seconds = seconds


@dataclass(slots=True)
class Lease:
    """What a handler holds while it works. `stopped` is set when it must stop: cancelled, handed back, or lost."""

    operation: Operation
    fence: int
    stopped: Event = field(default_factory=Event)
    cancelled: bool = False
    handed_back: bool = False
    finished: bool = False

    @property
    def subject_id(self) -> int:
        return self.operation.subject_id

    def check(self) -> None:
        """Raises CancelledError, HandedBackError or LeaseLostError where the work must not go on."""
        if not self.stopped.is_set():
            return
        if self.cancelled:
            raise CancelledError("cancelled", "This was cancelled.", "Push again, or choose Redeploy.")
        raise HandedBackError if self.handed_back else LeaseLostError

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Writes that count only while the lease is held. Raises LeaseLostError before the first of them."""
        with transaction.atomic():
            if not self._held().select_for_update().exists():
                raise LeaseLostError
            yield

    @contextmanager
    def finishing(self) -> Iterator[None]:
        """The last writes, in one transaction with the operation's end."""
        with self.transaction():
            yield
            self.end(OperationStatus.DONE)
        self.finished = True

    def remember(self, **handle: Any) -> None:
        """Notes a vendor's id before the call that uses it, so that whoever comes after continues."""
        with self.transaction():
            self.operation.handle |= handle
            self._held().update(handle=self.operation.handle)

    def end(self, status: OperationStatus, error: dict[str, object] | None = None) -> None:
        OPERATION_STATES.move(self._held(), to=status, finished_at=Now(), error=error)

    def _held(self) -> Any:
        return Operation.objects.filter(pk=self.operation.pk, fence=self.fence, status=OperationStatus.RUNNING)
