"""What a hostname means right now."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from django.conf import settings

from deployments import routing
from deployments.models import Deployment, Instance, Observed, Route, Wanted


class Meaning(Enum):
    UNKNOWN = auto()  # nobody has this hostname
    GONE = auto()  # somebody had it
    WAKING = auto()  # an agent that is asleep, or on its way up
    RUNNING = auto()
    FAILED = auto()  # an agent that does not start


@dataclass(frozen=True, slots=True)
class Found:
    meaning: Meaning
    public_id: str = ""
    error: dict[str, str] | None = None

    @property
    def socket(self) -> str:
        return str(settings.RUN_DIR / "agents" / f"{self.public_id}.sock")


def look_up(hostname: str) -> Found:
    related = ("wanted__instance", "observed__instance")
    route = Route.objects.filter(hostname=hostname).select_related(*related).first()
    if route is None:
        return Found(Meaning.UNKNOWN)
    if route.wanted is None:
        return Found(Meaning.GONE)
    return _of(_serving_older(route) or route.wanted)


def wake(hostname: str) -> Found:
    """The same, and asks the node to start an agent that is asleep."""
    found = look_up(hostname)
    if found.meaning is Meaning.WAKING:
        rows = Instance.objects.filter(deployment__public_id=found.public_id)
        rows.exclude(wanted=Wanted.GONE).update(wanted=Wanted.RUNNING)
        routing.wake_nodes()
    return found


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
