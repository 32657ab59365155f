"""Durable work: recorded in a transaction, leased, carried out, ended.

A kind of operation is registered once by the app that does it. `enqueue` writes the row and nudges the workers;
`work` takes what is due, one after another, fairly between teams; `reap` gives back what died with its worker.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from threading import Event
from uuid import uuid4

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.module_loading import import_string
from structlog.contextvars import bound_contextvars

from core.errors import AwayError, CancelledError, DextoError, TimeLimitError, UserError
from projects import tracing
from projects.heartbeat import heartbeat
from projects.leases import HandedBackError, Lease, LeaseLostError, PostponedError
from projects.models import Operation, OperationStatus, Team
from projects.models.operations import OPEN, OPERATION_STATES, UNSUCCESSFUL
from projects.nudges import nudge

log = structlog.get_logger(__name__)
OWNER = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:6]}"
UNLIMITED = 1_000_000
_LONGEST_WAIT_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Ending:
    """How an operation ended without success; the error in the form that pages and API show."""

    status: OperationStatus
    error: dict[str, object]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of operation. `run` is the dotted path of a function of a lease: only workers load what does the
    work. `ended` runs in the transaction that ends it without success, whoever ends it. `may_repeat`: it looks at what
    is wanted when it runs, so one that failed may be asked for once more; others have their own way, as a redeploy."""

    name: str
    run: str
    ended: Callable[[Operation, Ending], None] = lambda _operation, _ending: None
    worker_slots: Callable[[], int] = lambda: UNLIMITED
    team_slots: Callable[[], int] = lambda: UNLIMITED
    may_repeat: bool = False


_KINDS: dict[str, Kind] = {}
_draining = Event()


def register(kind: Kind) -> None:
    if _KINDS.setdefault(kind.name, kind) is not kind:
        raise ValueError(f"The operation {kind.name} is registered twice.")


def enqueue(team: Team, kind: str, subject_id: int, idempotency_key: str) -> Operation:
    """The one operation with this key, new or old. Workers hear of it when the transaction commits."""
    operation, created = Operation.objects.get_or_create(
        idempotency_key=idempotency_key,
        defaults={"team": team, "kind": kind, "subject_id": subject_id, "trace": tracing.current()},
    )
    if created:
        transaction.on_commit(lambda: nudge("projects.tasks.work", kind))
    return operation


def cancel(kind: str, subject_id: int) -> None:
    """Ends what is queued now; asks what is running to stop, which it does within two seconds."""
    with transaction.atomic():
        rows = Operation.objects.filter(kind=kind, subject_id=subject_id)
        for operation in rows.filter(status=OperationStatus.QUEUED).select_for_update():
            _end_row(operation, Ending(OperationStatus.CANCELLED, _CANCELLED))
        rows.filter(status=OperationStatus.RUNNING).update(cancel_requested_at=Now())


def may_repeat(operation: Operation) -> bool:
    kind = _KINDS.get(operation.kind)
    return kind is not None and kind.may_repeat and operation.status in UNSUCCESSFUL


def repeat(operation: Operation) -> Operation:
    """Asks once more for what failed, unless one of the same is under way; asked for twice it is done once."""
    if not may_repeat(operation):
        raise UserError(
            "operation_not_repeatable",
            "This operation is not one that failed and can be done once more by itself.",
            "Redeploy the deployment that it was for.",
        )
    of_subject = Operation.objects.filter(kind=operation.kind, subject_id=operation.subject_id)
    newest: Operation = of_subject.order_by("-pk")[0]
    if newest.status in OPEN:
        return newest
    return enqueue(operation.team, operation.kind, operation.subject_id, f"repeat:{newest.pk}")


def work(kind_name: str) -> int:
    """Carries out what is due of a kind until nothing is left; returns how many."""
    done = 0
    while lease := take(kind_name):
        _carry_out(_KINDS[kind_name], lease)
        done += 1
    return done


_TAKE = """
    WITH running AS (
        SELECT team_id, count(*) AS busy, count(*) FILTER (WHERE lease_owner = %(owner)s) AS mine
        FROM projects_operation WHERE kind = %(kind)s AND status = 'running' GROUP BY team_id
    ), chosen AS (
        SELECT queued.id FROM projects_operation queued LEFT JOIN running USING (team_id)
        WHERE queued.kind = %(kind)s AND queued.status = 'queued' AND queued.due_at <= now()
          AND coalesce(running.busy, 0) < %(team_slots)s
          AND coalesce((SELECT sum(mine) FROM running), 0) < %(worker_slots)s
        ORDER BY coalesce(running.busy, 0), queued.id
        LIMIT 1 FOR UPDATE OF queued SKIP LOCKED
    )
    UPDATE projects_operation taken
    SET status = 'running', fence = fence + 1, attempts = attempts + 1, lease_owner = %(owner)s,
        lease_expires_at = now() + make_interval(secs => %(seconds)s),
        started_at = coalesce(started_at, now())
    FROM chosen WHERE taken.id = chosen.id RETURNING taken.id
"""


def drain() -> None:
    """This worker takes nothing more. What it does already goes on, until `hand_back`."""
    _draining.set()


def hand_back() -> int:
    """What this worker still does goes back to the queue, and costs it no attempt; returns how much that is."""
    drain()
    return heartbeat.hand_back_all()


def take(kind_name: str) -> Lease | None:
    """Leases the oldest due operation of the team that has the fewest running."""
    if _draining.is_set():
        return None
    kind = _KINDS[kind_name]
    with transaction.atomic(), connection.cursor() as cursor:
        # One claim at a time, or two workers would both see the last free slot.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"take:{kind_name}"])
        cursor.execute(
            _TAKE,
            {
                "kind": kind_name,
                "owner": OWNER,
                "seconds": settings.LEASE_SECONDS,
                "team_slots": kind.team_slots(),
                "worker_slots": kind.worker_slots(),
            },
        )
        row = cursor.fetchone()
    if row is None:
        return None
    operation = Operation.objects.select_related("team").get(pk=row[0])
    return Lease(operation, operation.fence)


def _carry_out(kind: Kind, lease: Lease) -> None:
    operation = lease.operation
    ids: dict[str, str | int] = {"operation": operation.pk, "kind": kind.name, "subject": operation.subject_id}
    with bound_contextvars(**ids), heartbeat.keeping(lease):
        try:
            with tracing.span(kind.name, parent=operation.trace, attempt=operation.attempts, **ids):
                import_string(kind.run)(lease)
                if not lease.finished:
                    with lease.finishing():
                        pass
        except LeaseLostError:
            log.warning("lease lost", attempts=operation.attempts)
        except HandedBackError:
            _requeue(lease)
        except PostponedError as error:
            _requeue(lease, after_seconds=error.seconds)
        except CancelledError as error:
            _end(kind, lease, Ending(OperationStatus.CANCELLED, error.as_dict()))
        except TimeLimitError as error:
            _end(kind, lease, Ending(OperationStatus.TIMED_OUT, error.as_dict()))
        except UserError as error:
            _end(kind, lease, Ending(OperationStatus.FAILED, error.as_dict()))
        except Exception as error:  # the edge: whatever it is, the row must not stay running
            log.exception("operation failed", attempts=operation.attempts)
            _retry_or_fail(kind, lease, error)


def _end(kind: Kind, lease: Lease, ending: Ending) -> None:
    try:
        with lease.transaction():
            lease.end(ending.status, ending.error)
            kind.ended(lease.operation, ending)
    except LeaseLostError:
        log.warning("lease lost before the end was written")


def _requeue(lease: Lease, *, after_seconds: int = 0) -> None:
    log.info("handed back", attempts=lease.operation.attempts)
    held = Operation.objects.filter(pk=lease.operation.pk, fence=lease.fence)
    due = Now() + timedelta(seconds=after_seconds)
    values = {"lease_owner": "", "lease_expires_at": None, "attempts": F("attempts") - 1, "due_at": due}
    with transaction.atomic():
        if OPERATION_STATES.move(held, to=OperationStatus.QUEUED, **values):
            kind = lease.operation.kind
            transaction.on_commit(lambda: nudge("projects.tasks.work", kind))


def _retry_or_fail(kind: Kind, lease: Lease, error: Exception) -> None:
    if isinstance(error, OperationalError | InterfaceError):
        connection.close()  # it is broken; a new one says whether the database is back
    if isinstance(error, AwayError | OperationalError | InterfaceError) and (wait := _wait_for_engine(lease)):
        _requeue(lease, after_seconds=wait)
        return
    if lease.operation.attempts >= settings.OPERATION_ATTEMPTS:
        _end(kind, lease, Ending(OperationStatus.FAILED, as_shown(error)))
        return
    with connection.cursor() as cursor:
        seconds = 2 ** (lease.operation.attempts - 1)
        cursor.execute(
            "UPDATE projects_operation SET status = 'queued', lease_owner = '', lease_expires_at = NULL,"
            " due_at = now() + make_interval(secs => %s) WHERE id = %s AND fence = %s AND status = 'running'",
            [seconds, lease.operation.pk, lease.fence],
        )


def _wait_for_engine(lease: Lease) -> int:
    """How long until it is tried again, in seconds; 0 when there was time enough for the engine to come back."""
    age = (timezone.now() - lease.operation.created_at).total_seconds()
    return 0 if age > settings.OUTAGE_SECONDS else max(1, min(_LONGEST_WAIT_SECONDS, int(age / 4)))


def reap() -> None:
    """Gives back what died with its worker, and nudges for everything that is due."""
    with transaction.atomic():
        expired = Operation.objects.filter(status=OperationStatus.RUNNING, lease_expires_at__lt=Now())
        for operation in expired.select_for_update(skip_locked=True):
            _give_back(operation)
    due = Operation.objects.filter(status=OperationStatus.QUEUED, due_at__lte=Now())
    for kind in due.order_by().values_list("kind", flat=True).distinct():
        nudge("projects.tasks.work", kind)


def _give_back(operation: Operation) -> None:
    if operation.cancel_requested_at:
        _end_row(operation, Ending(OperationStatus.CANCELLED, _CANCELLED))
    elif operation.attempts >= settings.OPERATION_ATTEMPTS:
        _end_row(operation, Ending(OperationStatus.LOST, _LOST))
    else:
        log.warning("operation given back", operation=operation.pk, attempts=operation.attempts)
        Operation.objects.filter(pk=operation.pk).update(
            status=OperationStatus.QUEUED, lease_owner="", lease_expires_at=None, fence=F("fence") + 1
        )


def _end_row(operation: Operation, ending: Ending) -> None:
    rows = Operation.objects.filter(pk=operation.pk)
    if OPERATION_STATES.move(rows, to=ending.status, finished_at=Now(), error=ending.error):
        _KINDS[operation.kind].ended(operation, ending)


def as_shown(error: Exception) -> dict[str, object]:
    """Our own errors say what they are; of others a person learns only where to look."""
    if isinstance(error, DextoError):
        return error.as_dict()
    return DextoError(
        "platform_failed",
        "The platform failed while it worked on this.",
        "Try again; if it stays, look for this operation's id in the platform's log.",
    ).as_dict()


_CANCELLED = CancelledError("cancelled", "This was cancelled.", "Push again, or choose Redeploy.").as_dict()
_LOST = DextoError(
    "worker_lost",
    "Its worker died each time that it was tried.",
    "Look at the worker's memory, then redeploy.",
).as_dict()
