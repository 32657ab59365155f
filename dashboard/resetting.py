"""The way back for who forgot a password: by mail, where a mail server is set. It never tells who has an account."""

from __future__ import annotations

from typing import Final

import structlog
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import SetPasswordForm
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from clients.rate_limits import Limit
from dashboard import mailing
from projects import mail
from projects.actions import audit
from projects.models import Team, User
from projects.nudges import nudge
from projects.visitors import address_of

log = structlog.get_logger(__name__)
_PER_PERSON: Final = Limit("reset-person", "3/hour")
_PER_ADDRESS: Final = Limit("reset-address", "20/hour")
_PER_OWNER: Final = Limit("mail-address", "5/hour")
_TASK: Final = "dashboard.tasks.send_resets"


@require_http_methods(["GET", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """Every name gets the same answer in the same time: who has it is looked up by a worker."""
    if not mail.is_on():
        raise Http404
    if request.method == "GET":
        return render(request, "forgotten.html")
    who = request.POST.get("who", "").strip()[:254]
    person_may = _PER_PERSON.hit(settings.REDIS_URL, who.lower())
    if not _PER_ADDRESS.hit(settings.REDIS_URL, address_of(request)) or not person_may:
        return render(request, "forgotten.html", {"too_often": True}, status=429)
    nudge(_TASK, who)
    return render(request, "forgotten.html", {"sent": True})


@require_http_methods(["GET", "POST"])
def reset(request: HttpRequest, token: str) -> HttpResponse:
    """A look at the link changes nothing; a new password uses it up, and ends every session there is."""
    person = mailing.person_of_reset(token)
    if person is None:
        messages.error(request, "This link was used already, or is too old. Ask for a new one.")
        return redirect("sign-in")
    form = SetPasswordForm(person, request.POST or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            form.save()
            for team in Team.objects.of(person):
                audit(team, person, "password.reset", person.get_username())
        messages.success(request, "The password is changed, and every browser is signed out. Sign in with it.")
        return redirect("sign-in")
    return render(request, "reset_password.html", {"form": form, "person": person})


@login_required
@require_POST
def change_address(request: HttpRequest) -> HttpResponse:
    """Whoever finds an open browser must not be able to move the way back to themselves."""
    person = request.user
    if not isinstance(person, User) or not mail.is_on():
        raise Http404
    if person.has_usable_password() and not person.check_password(request.POST.get("password", "")):
        messages.error(request, "That is not your password.")
    elif not _PER_OWNER.hit(settings.REDIS_URL, str(person.pk)):
        messages.error(request, "Too many tries. Wait an hour, then try again.")
    else:
        _confirm(request, person, request.POST.get("address", "").strip())
    return redirect("account")


def _confirm(request: HttpRequest, person: User, address: str) -> None:
    try:
        validate_email(address)
        mailing.send_confirmation(person, address)
    except ValidationError:
        messages.error(request, "That is no address of mail.")
    except OSError as error:
        log.warning("mail not sent", error=str(error))
        messages.error(request, "The mail server did not take it. Try again later.")
    else:
        messages.success(request, f"A link is on its way to {address}. It is yours once you have followed it.")


@login_required
@require_http_methods(["GET", "POST"])
def confirm_address(request: HttpRequest, token: str) -> HttpResponse:
    person = request.user
    if not isinstance(person, User):
        raise Http404
    address = mailing.confirmed_address(person, token)
    if not address:
        messages.error(request, "This link was used already, is too old, or is for somebody else.")
        return redirect("account")
    if request.method == "GET":
        return render(request, "confirm_address.html", {"address": address})
    User.objects.filter(pk=person.pk).update(email=address)
    messages.success(request, f"You are reached at {address} from now on.")
    return redirect("account")
