"""Deliveries that never arrived. The code host keeps a list of what it sent and what it was answered: from it what
failed is asked for again, or, where the host cannot reach this installation at all, taken straight away."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from clients.code_host import CodeHostApp, SentDelivery
from core.errors import DextoError
from projects.github_apps import LinkedApp, all_apps
from projects.github_clients import app_itself
from webhooks.ledger import record
from webhooks.models import Delivery

log = structlog.get_logger(__name__)
#: The host keeps deliveries for three days; what failed so often is not asked for again.
_KEPT: Final = timedelta(days=3)
_ATTEMPTS: Final = 8
_PAGES: Final = 30
#: Between attempts: twice as long after each, and at first time enough to arrive.
_FIRST_PAUSE: Final = timedelta(minutes=2)


def poll_all() -> int:
    """Takes what is new from hosts that cannot reach us; returns how many."""
    return sum(_each(_poll, [app for app in all_apps() if app.polling]))


def recover_all() -> int:
    """Asks again for what failed to arrive; returns how many."""
    return sum(_each(_recover, [app for app in all_apps() if not app.polling]))


def _each(act: Callable[[LinkedApp, CodeHostApp], int], apps: Iterable[LinkedApp]) -> Iterator[int]:
    """One host that is away must not keep the others waiting."""
    for app in apps:
        try:
            yield act(app, app_itself(app))
        except DextoError as error:
            log.warning("deliveries not looked at", host=app.host, code=error.code, error=str(error))


def _poll(app: LinkedApp, client: CodeHostApp) -> int:
    """Oldest first, as they would have come. What is known already ends the look: everything older is, too."""
    new: list[SentDelivery] = []
    for page in _pages(client):
        unknown = _unknown(page)
        new += unknown
        if len(unknown) < len(page):
            break
    for one in reversed(new):
        body = client.delivery_body(one.id)
        record(one.guid, host=app.host, event=one.event, repository_id=_repository_id(body), body=body)
    return len(new)


def _recover(_app: LinkedApp, client: CodeHostApp) -> int:
    attempts: dict[str, list[SentDelivery]] = {}
    for page in _pages(client):
        for one in page:
            attempts.setdefault(one.guid, []).append(one)
    lost = [tries for tries in attempts.values() if _is_lost(tries)]
    known = set(Delivery.objects.filter(guid__in=[tries[0].guid for tries in lost]).values_list("guid", flat=True))
    due = [tries[0] for tries in lost if tries[0].guid not in known]
    for one in sorted(due, key=lambda tried: tried.delivered_at):
        client.redeliver(one.id)
    return len(due)


def _is_lost(tries: Sequence[SentDelivery]) -> bool:
    """Newest first: none arrived, and the last one was long enough ago."""
    if len(tries) >= _ATTEMPTS or any(one.succeeded for one in tries):
        return False
    newest = max(one.delivered_at for one in tries)
    return bool(datetime.now(UTC) - newest >= _FIRST_PAUSE * 2 ** (len(tries) - 1))


def _pages(client: CodeHostApp) -> Iterator[Sequence[SentDelivery]]:
    cursor: str | None = None
    oldest = datetime.now(UTC) - _KEPT
    for _page in range(_PAGES):
        page = client.deliveries(cursor)
        yield [one for one in page.deliveries if one.delivered_at >= oldest]
        cursor = page.cursor
        if cursor is None or not page.deliveries or page.deliveries[-1].delivered_at < oldest:
            return


def _unknown(page: Sequence[SentDelivery]) -> list[SentDelivery]:
    """Of each event the first attempt that is listed."""
    first = {one.guid: one for one in reversed(page)}
    known = set(Delivery.objects.filter(guid__in=first).values_list("guid", flat=True))
    return [one for one in page if one.guid not in known and first[one.guid] is one]


def _repository_id(body: bytes) -> int | None:
    repository = json.loads(body).get("repository")
    return int(repository["id"]) if isinstance(repository, dict) and "id" in repository else None
