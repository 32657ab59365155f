"""The page of what a project's agents print while they serve."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from builds import logs
from core.numbers import whole_number
from dashboard.asking import asked
from dashboard.doors import enter
from deployments.runtime_logs import AT_MOST, Place, place_before, places_of
from projects.models import Project

_BEFORE: Final = 20  # lines that are shown before the one that was asked for
_NEWEST: Final = 2_000  # lines that a page begins with; the text has all of them


@login_required
@require_GET
def runtime_logs(request: HttpRequest, team: str, project: str) -> HttpResponseBase:
    door = enter(request, team)
    found = door.project(project)
    places = places_of(found)
    chosen = _chosen(found, places, asked(request, "of"))
    if "text" in request.GET:
        return _text_of(chosen)
    if chosen and chosen.stream and (at := whole_number(asked(request, "at"))) is not None:
        return _at(chosen.key, logs.sequence_at(chosen.stream, at * 1_000))
    after = whole_number(asked(request, "after"))
    begin = {"after": _after(chosen) if after is None and chosen else after, "is_older": after is not None}
    context = {"places": places, "chosen": chosen, "at_most": AT_MOST, "newest": _NEWEST, **begin}
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
    if (earlier := place_before(project, key)) is None:
        raise Http404
    places.append(earlier)
    return earlier


def _after(place: Place) -> int:
    """The sequence after which the page begins; what expired says so in its first line."""
    if place.stream is None or place.stream.expired:
        return -1
    return int(max(-1, min(place.stream.next_sequence, logs.MAX_LINES) - 1 - _NEWEST))


def _text_of(place: Place | None) -> HttpResponseBase:
    if place is None or place.stream is None:
        return HttpResponse("Nothing was written.\n", content_type="text/plain; charset=utf-8")
    answer = StreamingHttpResponse(log_lines(place.stream.pk), content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'inline; filename="{place.key}.log"'
    return answer


def log_lines(stream_id: int) -> Iterator[str]:
    """A log as text: to keep, and for who reads without JavaScript."""
    after = -1
    while (page := logs.read(stream_id, after=after)).lines:
        after = page.lines[-1].sequence
        yield "".join(f"{_moment(line.at_ms)} {line.step:<10} {line.text}\n" for line in page.lines)


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")
