"""Signing in by name and password, and changing the password: with limits on how often one may guess."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from clients.rate_limits import Limit
from projects import mail
from projects.github_apps import all_apps
from projects.models import CodeHostIdentity, Membership, User
from projects.visitors import address_of

_PER_PERSON: Final = Limit("sign-in-person", "10/minute")
_PER_ADDRESS: Final = Limit("sign-in-address", "60/minute")


class SignIn(LoginView):
    template_name = "sign_in.html"
    redirect_authenticated_user = True

    def get_context_data(self, **values: Any) -> dict[str, Any]:
        return {**super().get_context_data(**values), "apps": all_apps(), "mail_is_on": mail.is_on()}

    def post(self, request: HttpRequest, *arguments: Any, **values: Any) -> HttpResponse:
        name, address = request.POST.get("username", "")[:150].lower(), address_of(request)
        person_may = _PER_PERSON.hit(settings.REDIS_URL, name, address)
        if not _PER_ADDRESS.hit(settings.REDIS_URL, address) or not person_may:
            return render(request, self.template_name, {"too_often": True, "form": None}, status=429)
        return super().post(request, *arguments, **values)


@login_required
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Who one is, and a password of one's own. The first one needs no old one: there is none."""
    user = request.user
    if not isinstance(user, User):
        return redirect("sign-in")
    form_class = PasswordChangeForm if user.has_usable_password() else SetPasswordForm
    form = form_class(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        update_session_auth_hash(request, user)  # other sessions end, this one goes on
        messages.success(request, "The password is changed. Other browsers are signed out.")
        return redirect("account")
    memberships = Membership.objects.filter(user=user).select_related("team").order_by("team__slug")
    context = {"identities": CodeHostIdentity.objects.filter(user=user).order_by("host"), "apps": all_apps()}
    words = {"mail_is_on": mail.is_on(), "has_password": user.has_usable_password()}
    return render(request, "account.html", {"form": form, "memberships": memberships, **context, **words})
