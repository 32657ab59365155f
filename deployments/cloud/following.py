"""The log of a service, followed for a while: what the vendor tells becomes lines of a stream that pages show live."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from queue import Empty, Queue
from threading import Event, Thread
from typing import Final

from django.db import connections
from django.utils import timezone

from builds import logs
from builds.log_writer import LogWriter
from builds.redaction import Redactor
from core.errors import DextoError
from deployments.cloud import queue
from deployments.cloud.accounts import account_in_use, connect
from deployments.cloud.memory import memory_of
from deployments.cloud.services import as_port
from deployments.models import CloudService, Deployment
from deployments.platforms.cloud import LogLine
from deployments.variables import secrets_of
from projects.leases import Lease

_SECONDS: Final = 600
_BEFORE: Final = timedelta(minutes=10)
_Said = LogLine | DextoError | None


def start(service: CloudService) -> CloudService:
    """Asks for the log of the next minutes, and of the last ones; its lines come to the service's stream."""
    if service.stream is None:
        service.stream = logs.open_stream(service.team)
        CloudService.objects.filter(pk=service.pk).update(stream=service.stream)
    queue.follow_log(service)
    return service


def run(lease: Lease) -> None:
    service: CloudService = CloudService.objects.select_related("account", "team", "stream").get(pk=lease.subject_id)
    if service.stream is None or service.deleted_at is not None:
        return
    writer, redactor = LogWriter(service.stream, lease), Redactor.of(_secrets_of(service))
    platform = connect(account_in_use(service), f"log of {service.name}")
    lines = platform.logs(as_port(service), timezone.now() - _BEFORE, memory_of(service, lease))
    seen: set[str] = set()
    for line in _for_a_while(lines, lease):
        if line.id and line.id in seen:
            continue
        seen.add(line.id)
        writer.write("agent", redactor.text(line.text))
    writer.flush()


def _for_a_while(lines: Iterator[LogLine], lease: Lease) -> Iterator[LogLine]:
    """Reads in a thread of its own: an iterator of a quiet service says nothing, and must not keep anybody waiting."""
    said: Queue[_Said] = Queue(maxsize=1_000)
    stopped = Event()
    Thread(target=_read, args=(lines, said, stopped), daemon=True).start()
    end = timezone.now() + timedelta(seconds=_SECONDS)
    try:
        while timezone.now() < end:
            lease.check()
            with suppress(Empty):
                line = said.get(timeout=0.5)
                if line is None:
                    return
                if isinstance(line, DextoError):
                    raise line
                yield line
    finally:
        stopped.set()


def _read(lines: Iterator[LogLine], said: Queue[_Said], stopped: Event) -> None:
    try:
        for line in lines:
            said.put(line, timeout=60)
            if stopped.is_set():
                return
        said.put(None)
    except DextoError as error:
        said.put(error)
    finally:
        connections.close_all()


def _secrets_of(service: CloudService) -> dict[str, str]:
    """Of every version that may still speak there."""
    found: dict[str, str] = {}
    rows = Deployment.objects.filter(cloud_version__service=service, cloud_version__gone_at=None).order_by("-pk")
    for deployment in rows[:20]:
        known = set(found.values())
        values = {name: value for name, value in secrets_of(deployment).items() if value not in known}
        found |= {f"{name} of {deployment.public_id}": value for name, value in values.items()}
    return found
