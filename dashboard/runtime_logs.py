"""What a project's agents print while they serve: production, each preview, and what runs at vendors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from builds import logs
from builds.models import LogStream
from core.numbers import whole_number
from core.targets import Platform
from dashboard.asking import asked
from dashboard.doors import enter
from deployments.models import CloudService, Deployment, Instance, Observed, Route, RouteKind
from deployments.platforms import traits_of
from projects.models import Environment, Project

_AT_MOST: Final = 100
_BEFORE: Final = 20  # lines that are shown before the one that was asked for
_NEWEST: Final = 2_000  # lines that a page begins with; the text has all of them


@dataclass(frozen=True, slots=True)
class Place:
    """Where an agent serves, with the log of who serves there. `key` names it in the page's address. A service's log
    is followed for a while, when somebody asks for it and where the vendor tells one."""

    key: str
    label: str
    stream: LogStream | None
    state: str = ""
    deployment: Deployment | None = None
    service: CloudService | None = None
    tells_logs: bool = True

    @property
    def after(self) -> int:
        """The sequence after which the page begins; what expired says so in its first line."""
        if self.stream is None or self.stream.expired:
            return -1
        return int(max(-1, min(self.stream.next_sequence, logs.MAX_LINES) - 1 - _NEWEST))


@login_required
@require_GET
def runtime_logs(request: HttpRequest, team: str, project: str) -> HttpResponseBase:
    door = enter(request, team)
    found = door.project(project)
    places = _places(found)
    chosen = _chosen(found, places, asked(request, "of"))
    if "text" in request.GET:
        return _text_of(chosen)
    if chosen and chosen.stream and (at := whole_number(asked(request, "at"))) is not None:
        return _at(chosen.key, logs.sequence_at(chosen.stream, at * 1_000))
    after = whole_number(asked(request, "after"))
    begin = {"after": chosen.after if after is None and chosen else after, "is_older": after is not None}
    context = {"places": places, "chosen": chosen, "at_most": _AT_MOST, "newest": _NEWEST, **begin}
    return render(request, "logs.html", {"door": door, "team": door.team, "project": found, **context})


def _at(key: str, sequence: int) -> HttpResponse:
    """The page at a line, with some of what came before."""
    return HttpResponseRedirect(f"?of={key}&after={max(-1, sequence - 1 - _BEFORE)}#agent-{sequence + 1}")


def _chosen(project: Project, places: list[Place], key: str) -> Place | None:
    """Where nothing is asked for the first; also an agent that serves no more, whose log is kept."""
    if not key:
        return places[0] if places else None
    if found := next((one for one in places if one.key == key), None):
        return found
    rows = Instance.objects.for_team(project.team).filter(deployment__project=project)
    instance = get_object_or_404(rows.select_related("deployment", "stream"), deployment__public_id=key)
    places.append(
        Place(key, f"earlier · {key}", instance.stream, instance.get_observed_display().lower(), instance.deployment)
    )
    return places[-1]


def _text_of(place: Place | None) -> HttpResponseBase:
    if place is None or place.stream is None:
        return HttpResponse("Nothing was written.\n", content_type="text/plain; charset=utf-8")
    answer = StreamingHttpResponse(log_lines(place.stream.pk), content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'inline; filename="{place.key}.log"'
    return answer


def _places(project: Project) -> list[Place]:
    """Production first, then the newest previews; one that several addresses lead to is named once."""
    found: dict[str, Place] = {}
    everywhere = (*_here(project), *_elsewhere(project))
    for place in sorted(everywhere, key=lambda one: not one.label.startswith(Environment.PRODUCTION.value)):
        found.setdefault(place.key, place)
    return list(found.values())


def _here(project: Project) -> Iterator[Place]:
    rows = Route.objects.filter(project=project, wanted__instance__isnull=False).exclude(kind=RouteKind.DEPLOYMENT)
    related = ("destination", "observed__instance__stream", "wanted__instance__stream")
    for route in rows.select_related(*related).order_by("-wanted")[:_AT_MOST]:
        deployment = route.observed or route.wanted
        instance: Instance | None = getattr(deployment, "instance", None)
        if deployment is not None and instance is not None:
            stated = Observed(instance.observed).label.lower()
            yield Place(deployment.public_id, _label(route), instance.stream, stated, deployment)


def _label(route: Route) -> str:
    is_production = route.kind == RouteKind.PRODUCTION
    place = "production" if is_production else f"{route.get_kind_display()} {route.branch}"
    return f"{place} · {route.destination.name}"


def _elsewhere(project: Project) -> Iterator[Place]:
    rows = CloudService.objects.living().filter(project=project).select_related("stream", "destination")
    for one in rows.order_by("branch", "pk")[:_AT_MOST]:
        place = f"branch {one.branch}" if one.branch else one.environment
        label, tells = f"{place} · {one.destination.name}", traits_of(Platform(one.platform)).live_logs
        yield Place(one.name, label, one.stream, one.platform, service=one, tells_logs=tells)


def log_lines(stream_id: int) -> Iterator[str]:
    """A log as text: to keep, and for who reads without JavaScript."""
    after = -1
    while (page := logs.read(stream_id, after=after)).lines:
        after = page.lines[-1].sequence
        yield "".join(f"{_moment(line.at_ms)} {line.step:<10} {line.text}\n" for line in page.lines)


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")
