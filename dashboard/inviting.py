"""A team's people, and how others come in: by a link, with an account at a code host or one of their own here."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import UserCreationForm
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import UserError
from dashboard.asking import say
from dashboard.doors import Door, enter
from deployments import addresses
from projects import invitations, members
from projects.github_apps import all_apps
from projects.models import Invitation, Membership, Role, User
from projects.tokens import Scope

_WAITING: Final = "invitation"
_BACKEND: Final = "django.contrib.auth.backends.ModelBackend"


class NewPerson(UserCreationForm):  # type: ignore[type-arg]  # it takes none at run time
    """A name and a password of one's own."""

    class Meta:
        model = User
        fields = ("username",)


@login_required
@require_http_methods(["GET", "POST"])
def people(request: HttpRequest, team: str) -> HttpResponse:
    """A new invitation's link is in the answer to its form, and nowhere else."""
    door = enter(request, team)
    made = _invite(request, door) if request.method == "POST" else ""
    present = Membership.objects.for_team(door.team).select_related("user").order_by("user__username")
    waiting = Invitation.objects.for_team(door.team).filter(accepted_at=None).order_by("-pk")
    context = {"members": present, "waiting": waiting, "made": made, "roles": Role.choices, "days": invitations.DAYS}
    return render(request, "people.html", {"door": door, "team": door.team, **context})


@login_required
@require_POST
def change_person(request: HttpRequest, team: str, pk: int, verb: str) -> HttpResponse:
    """Another role, or out of the team. Whoever is in it may leave it."""
    door = enter(request, team)
    found = get_object_or_404(Membership.objects.for_team(door.team).select_related("user", "team"), pk=pk)
    leaves = verb == "remove" and found.user_id == door.user.pk
    if not leaves:
        door.require(Scope.ADMIN)
    if verb not in _PEOPLE_VERBS:
        raise Http404
    try:
        _PEOPLE_VERBS[verb](request, found, door.user)
    except UserError as error:
        say(request, error)
        leaves = False
    return redirect("home") if leaves else redirect("people", team)


@login_required
@require_POST
def withdraw(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    door = enter(request, team)
    found = get_object_or_404(Invitation.objects.for_team(door.team).filter(accepted_at=None), pk=pk)
    door.require(Scope.ADMIN)
    invitations.withdraw(found, actor=door.user)
    return redirect("people", team)


@require_http_methods(["GET", "POST"])
def invited(request: HttpRequest, token: str) -> HttpResponse:
    """A look at the link changes nothing; a button, or signing in after it, uses it up."""
    found = invitations.find(token)
    if found is None:
        messages.error(request, "This invitation was used already, or is too old. Ask for a new one.")
        return redirect("home")
    request.session[_WAITING] = token
    form = NewPerson(request.POST or None)
    if request.method == "POST" and _came_in(request, found, form):
        return redirect("team", found.team.slug)
    return render(request, "invited.html", {"invitation": found, "form": form, "apps": all_apps()})


def waiting(request: HttpRequest) -> Invitation | None:
    """The one whose link this browser opened."""
    token = request.session.get(_WAITING, "")
    return invitations.find(token) if token else None


def accept_waiting(request: HttpRequest, user: User) -> None:
    if found := waiting(request):
        invitations.accept(found, user)
    forget(request)


def forget(request: HttpRequest) -> None:
    request.session.pop(_WAITING, None)


def _came_in(request: HttpRequest, found: Invitation, form: Any) -> bool:
    if isinstance(request.user, User):
        accept_waiting(request, request.user)
        return True
    if not form.is_valid():
        return False
    with transaction.atomic():
        user: User = form.save()
        invitations.accept(found, user)
    forget(request)
    login(request, user, backend=_BACKEND)
    return True


def _change_role(request: HttpRequest, found: Membership, actor: User) -> None:
    role = request.POST.get("role", "")
    if role in Role.values:
        members.change_role(found, Role(role), actor=actor)


def _remove(_request: HttpRequest, found: Membership, actor: User) -> None:
    members.remove(found, actor=actor)


_PEOPLE_VERBS: Final = {"role": _change_role, "remove": _remove}


def _invite(request: HttpRequest, door: Door) -> str:
    door.require(Scope.ADMIN)
    role, note = request.POST.get("role", ""), request.POST.get("note", "").strip()
    if role not in Role.values or not note:
        messages.error(request, "Say whom you invite, and what they may do.")
        return ""
    text = invitations.invite(door.team, Role(role), note, actor=door.user)
    return addresses.invitation_url(text)
