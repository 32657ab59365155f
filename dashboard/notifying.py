"""Who is told of what happens, of one project or of all, and what was told: the same page for both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import UserError
from core.numbers import whole_number
from dashboard.asking import asked, page_before, say
from dashboard.doors import Door, enter
from deployments.models import Notification, NotificationStatus, NotificationTarget, TargetKind
from deployments.notifying import actions
from deployments.notifying.actions import Made, Wish
from deployments.notifying.channels import CHANNELS
from deployments.notifying.events import CHOICES, EVENTS
from projects import mail
from projects.models import Project
from projects.tokens import Scope

_PAGE: Final = 50
_ROLLED: Final = "secret_of"
_EVENTS: Final = [(event.value, EVENTS[event]) for event in CHOICES]


@login_required
@require_http_methods(["GET", "POST"])
def notifications(request: HttpRequest, team: str, project: str = "") -> HttpResponse:
    """A secret is in the answer to the form that made it, and nowhere else."""
    door = enter(request, team)
    found = door.project(project) if project else None
    made = None
    if request.method == "POST":
        door.require(Scope.CONFIGURE)
        made = _roll(request, door) if _ROLLED in request.POST else _add(request, door, found)
        if made is None or not made.secret:
            return _back(door, project)
    shown = {"targets": _targets(door, found), "made": made, "is_rolled": made and _ROLLED in request.POST}
    context = {**shown, **_form(request), **_ledger(request, door, found)}
    return render(request, "notifications.html", {"door": door, "team": door.team, "project": found, **context})


@login_required
@require_POST
def act(request: HttpRequest, team: str, pk: int, verb: str) -> HttpResponse:
    """One of the buttons of a target."""
    door = enter(request, team)
    rows = NotificationTarget.objects.living().for_team(door.team).select_related(*_RELATED)
    target = get_object_or_404(rows, pk=pk)
    door.require(Scope.CONFIGURE)
    verbs: dict[str, Callable[[], object]] = {
        "test": lambda: _test(request, door, target),
        "pause": lambda: actions.pause(target, actor=door.user),
        "resume": lambda: actions.resume(target, actor=door.user),
        "remove": lambda: actions.remove(target, actor=door.user),
        "events": lambda: actions.change_events(target, request.POST.getlist("event"), actor=door.user),
    }
    if verb not in verbs:
        raise Http404
    _do(request, verbs[verb])
    return _back(door, request.POST.get("project", ""))


@login_required
@require_POST
def resend(request: HttpRequest, team: str, delivery: str) -> HttpResponse:
    door = enter(request, team)
    rows = Notification.objects.for_team(door.team).select_related("target__team", "team")
    row = get_object_or_404(rows, public_id=delivery)
    door.require(Scope.CONFIGURE)
    _do(request, lambda: actions.resend(row, actor=door.user), "It is sent once more.")
    return _back(door, request.POST.get("project", ""))


_RELATED: Final = ("team", "project", "address", "signing")


def _targets(door: Door, project: Project | None) -> list[NotificationTarget]:
    rows = NotificationTarget.objects.living().for_team(door.team).with_last().select_related("project")
    shown = rows.of_project(project) if project else rows
    return list(shown.order_by("name"))


def _form(request: HttpRequest) -> dict[str, Any]:
    kind = asked(request, "kind")
    usual = TargetKind.EMAIL if mail.is_on() else TargetKind.SLACK
    chosen = TargetKind(kind) if kind in TargetKind.values else usual
    return {
        "kinds": TargetKind.choices,
        "chosen": chosen,
        "channel": CHANNELS[chosen],
        "events": _EVENTS,
        "mail_is_on": mail.is_on(),
        "statuses": NotificationStatus.choices,
    }


def _ledger(request: HttpRequest, door: Door, project: Project | None) -> dict[str, Any]:
    """Newest first; narrowed to a target and to a status where the address says so."""
    rows = Notification.objects.for_team(door.team).select_related("target", "project").order_by("-pk")
    rows = rows.filter(project=project) if project else rows
    status, target = asked(request, "status"), whole_number(asked(request, "target"))
    rows = rows.filter(status=status) if status in NotificationStatus.values else rows
    rows = rows.filter(target=target) if target is not None else rows
    if (before := page_before(request)) is not None:
        rows = rows.filter(pk__lt=before)
    page = list(rows[: _PAGE + 1])
    return {
        "deliveries": page[:_PAGE],
        "older": page[_PAGE - 1].pk if len(page) > _PAGE else None,
        "status": status,
        "target": target,
    }


def _add(request: HttpRequest, door: Door, project: Project | None) -> Made | None:
    given = request.POST
    wish = Wish(
        given.get("kind", ""), given.get("name", ""), given.get("address", ""), tuple(given.getlist("event")), project
    )
    try:
        made = actions.add(door.team, wish, actor=door.user)
    except UserError as error:
        say(request, error)
        return None
    messages.success(request, f"{made.target.name} is told from now on. Press Test to see whether it arrives.")
    return made


def _roll(request: HttpRequest, door: Door) -> Made | None:
    rows = NotificationTarget.objects.living().for_team(door.team)
    target = get_object_or_404(rows, pk=whole_number(request.POST[_ROLLED]))
    try:
        return Made(target, actions.roll_secret(target, actor=door.user))
    except UserError as error:
        say(request, error)
        return None


def _test(request: HttpRequest, door: Door, target: NotificationTarget) -> None:
    row = actions.test(target, actor=door.user)
    answer = " ".join(str(part) for part in (row.answer_status, row.answer) if part)
    if row.status == NotificationStatus.SENT:
        messages.success(request, f"{target.name} took it: {answer or 'sent'}")
    else:
        messages.error(request, f"{target.name} did not take it: {answer}")


def _do(request: HttpRequest, act: Callable[[], object], done: str = "") -> None:
    try:
        act()
    except UserError as error:
        say(request, error)
    else:
        if done:
            messages.success(request, done)


def _back(door: Door, project: str) -> HttpResponse:
    if project:
        return redirect("project-notifications", door.team.slug, door.project(project).slug)
    return redirect("notifications", door.team.slug)
