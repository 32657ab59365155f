"""What a hostname means right now."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from django.conf import settings
from django.db import transaction

from core.errors import UserError
from core.targets import Target
from deployments import domains, routing
from deployments.addresses import agent_socket
from deployments.models import Deployment, Instance, Observed, Route, Wanted
from deployments.runners import ALONE_WITH_MEMORY
from deployments.usage_limits import require_agent


class Meaning(Enum):
    UNKNOWN = auto()  # nobody has this hostname
    GONE = auto()  # somebody had it
    WAKING = auto()  # an agent that is asleep, or on its way up
    RUNNING = auto()
    FAILED = auto()  # an agent that does not start
    FULL = auto()  # asleep, and its team's others use up what may run at once


@dataclass(frozen=True, slots=True)
class Found:
    meaning: Meaning
    public_id: str = ""
    error: dict[str, str] | None = None

    @property
    def socket(self) -> str:
        return str(agent_socket(settings.RUN_DIR, self.public_id))


def look_up(hostname: str) -> Found:
    related = ("wanted__instance", "observed__instance")
    route = Route.objects.filter(hostname=hostname).select_related(*related).first() or domains.serving(hostname)
    if route is None:
        return Found(Meaning.UNKNOWN)
    if route.wanted is None:
        return Found(Meaning.GONE)
    return _of(_serving_older(route) or route.wanted)


def wake(hostname: str) -> Found:
    """The same, and asks the node to start an agent that is asleep."""
    found = look_up(hostname)
    if found.meaning is not Meaning.WAKING:
        return found
    try:
        _want_running(found.public_id)
    except UserError:
        return Found(Meaning.FULL, found.public_id)
    return found


def _want_running(public_id: str) -> None:
    """Raises UserError when the team may run no more."""
    with transaction.atomic():
        rows = Instance.objects.filter(deployment__public_id=public_id, wanted=Wanted.ASLEEP)
        asleep = rows.select_related("team", "deployment__destination").first()
        if asleep is None or _is_succeeded(asleep.deployment):
            return
        require_agent(asleep.team)
        rows.update(wanted=Wanted.RUNNING)
        routing.wake_nodes()


def _is_succeeded(deployment: Deployment) -> bool:
    """Whether another one with its memory is on its way up, and it must stay asleep for that; whoever asks waits, and
    is answered by that one where the route moves on to it."""
    if Target(deployment.destination.target) not in ALONE_WITH_MEMORY:
        return False
    others = Instance.objects.filter(
        deployment__destination=deployment.destination_id, deployment__environment=deployment.environment
    ).exclude(deployment=deployment)
    return bool(others.filter(wanted=Wanted.RUNNING, observed__in=(Observed.NEW, Observed.STARTING)).exists())


def _serving_older(route: Route) -> Deployment | None:
    """Where what is wanted does not start, the one that served so far goes on."""
    failed = _observed(route.wanted) == Observed.FAILED
    return route.observed if failed and route.observed_id != route.wanted_id else None


def _of(deployment: Deployment) -> Found:
    instance: Instance | None = getattr(deployment, "instance", None)
    if instance is None or Wanted.GONE in (instance.wanted, instance.observed):
        return Found(Meaning.GONE)
    if instance.observed == Observed.FAILED:
        return Found(Meaning.FAILED, deployment.public_id, instance.error)
    meaning = Meaning.RUNNING if instance.observed == Observed.RUNNING else Meaning.WAKING
    return Found(meaning, deployment.public_id)


def _observed(deployment: Deployment | None) -> str:
    instance: Instance | None = getattr(deployment, "instance", None)
    return instance.observed if instance else ""
