"""Pages of many deployments hear that something changed: one look at the database for all who watch.

The rows are looked at, so that nothing that changes one has to think of who watches. No viewer holds a connection.
"""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final
from zlib import crc32

import structlog
from asgiref.sync import sync_to_async
from django.db import Error, connections
from django.db.models import Count, Sum

from dashboard.asgi_session import session_user
from deployments.models import Deployment, Route, RouteKind
from projects.models import Membership, Project, Team

log = structlog.get_logger(__name__)
PATH: Final = re.compile(r"/events/(team|project)/(\d{1,18})")
_LOOK_SECONDS: Final = 1.5
_NEWEST: Final = 40  # what a page shows of the deployments


@dataclass(frozen=True, slots=True)
class Subject:
    """A team or a project. `kind` is the name of the column that leads to it."""

    kind: str
    pk: int

    @property
    def address(self) -> str:
        """Where to listen, from what is shown now on: `seen` tells of what changed while the page was on its way."""
        return f"/events/{self.kind}/{self.pk}?seen={state(self)}"


def state(subject: Subject) -> int:
    """A number that is another one once a newer deployment came, one has another status, or a route moved."""
    of = {subject.kind: subject.pk}
    deployments = Deployment.objects.filter(**of).order_by("-pk").values_list("pk", "status")[:_NEWEST]
    routes = Route.objects.filter(**of).exclude(kind=RouteKind.DEPLOYMENT)
    moved = routes.aggregate(routes=Count("pk"), wanted=Sum("generation"), observed=Sum("observed_generation"))
    return crc32(repr((*deployments, *moved.values())).encode())


def may_watch(cookie: str, subject: Subject) -> bool:
    """By the dashboard's session: who is in the team."""
    try:
        user = session_user(cookie)
        teams = Membership.objects.filter(user=user).values("team")
        rows = Team.objects.filter(pk__in=teams) if subject.kind == "team" else Project.objects.filter(team__in=teams)
        return user is not None and rows.filter(pk=subject.pk).exists()
    finally:
        connections.close_all()


@dataclass(eq=False, slots=True)
class Watch:
    """Everybody who watches, by what they watch."""

    _watchers: dict[Subject, set[asyncio.Event]] = field(default_factory=lambda: defaultdict(set))
    _states: dict[Subject, int] = field(default_factory=dict)
    _looking: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def watching(self, subject: Subject, *, seen: int | None) -> AsyncIterator[asyncio.Event]:
        """The event is set when something changed since `seen`; who took notice clears it."""
        changed = asyncio.Event()
        if seen is not None and self._states.setdefault(subject, seen) != seen:
            changed.set()
        self._watchers[subject].add(changed)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            yield changed
        finally:
            self._leave(subject, changed)

    def _leave(self, subject: Subject, changed: asyncio.Event) -> None:
        self._watchers[subject].discard(changed)
        if not self._watchers[subject]:
            del self._watchers[subject]
            self._states.pop(subject, None)

    async def _look(self) -> None:
        while self._watchers:
            try:
                self._tell(await sync_to_async(_read, thread_sensitive=False)(tuple(self._watchers)))
            except Error as error:
                log.warning("what changed could not be read", error=str(error))
            await asyncio.sleep(_LOOK_SECONDS)

    def _tell(self, states: Mapping[Subject, int]) -> None:
        for subject, now in states.items():
            if subject in self._watchers and self._states.get(subject) != now:
                self._states[subject] = now
                for changed in self._watchers[subject]:
                    changed.set()


def _read(subjects: Iterable[Subject]) -> dict[Subject, int]:
    try:
        return {subject: state(subject) for subject in subjects}
    finally:
        connections.close_all()
