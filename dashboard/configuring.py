"""The pages on which people configure: a project's variables, their own tokens, and what a team did."""

from __future__ import annotations

from django.conf import settings as conf
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.dotenv import parsed
from core.errors import UserError
from dashboard.asking import asked, page_before, say
from dashboard.doors import Door, enter
from deployments.actions import delete_project
from deployments.models import Push
from deployments.verdicts import verdicts_of
from projects import tokens
from projects.actions import change_project, remove_variable, set_variables
from projects.models import ApiToken, AuditEntry, Environment, Variable
from projects.secrets import shown
from projects.tokens import Scope

_PAGE = 100


@login_required
@require_http_methods(["GET", "POST"])
def variables(request: HttpRequest, team: str, project: str) -> HttpResponse:
    """A secret value is written here, and never shown again; a plain one may be changed where it stands."""
    door = enter(request, team)
    found = door.project(project)
    if request.method == "POST":
        door.require(Scope.CONFIGURE)
        _set_variables(request, door, project)
        return redirect("variables", team, project)
    rows = Variable.objects.for_team(door.team).filter(project=found).select_related("version")
    listed = [(row, shown(row.version)) for row in rows.order_by("name", "environment", "branch")]
    context = {"variables": listed, "environments": Environment.choices}
    return render(request, "variables.html", {"door": door, "team": door.team, "project": found, **context})


def _set_variables(request: HttpRequest, door: Door, project: str) -> None:
    """One by its name and value, or those of a .env file that was pasted: all of them or none."""
    environment = request.POST.get("environment", "")
    if environment not in Environment.values:
        return
    try:
        values = _values(request)
        set_variables(
            door.project(project),
            values,
            environment=Environment(environment),
            branch=request.POST.get("branch", "").strip()[:250],
            is_secret="plain" not in request.POST,
            actor=door.user,
        )
    except UserError as error:
        say(request, error)
    else:
        many = f"{len(values)} variables are saved." if len(values) != 1 else f"{next(iter(values))} is saved."
        messages.success(request, f"{many} Deployments made from now on have them; redeploy to use them at once.")


def _values(request: HttpRequest) -> dict[str, str]:
    if "pasted" in request.POST:
        return parsed(request.POST["pasted"], "")
    return {request.POST.get("name", "").strip(): request.POST.get("value", "")}


@login_required
@require_POST
def drop_variable(request: HttpRequest, team: str, project: str, pk: int) -> HttpResponse:
    door = enter(request, team)
    rows = Variable.objects.for_team(door.team).select_related("team", "project")
    variable = get_object_or_404(rows, project=door.project(project), pk=pk)
    door.require(Scope.CONFIGURE)
    remove_variable(variable, actor=door.user)
    return redirect("variables", team, project)


@login_required
@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest, team: str, project: str) -> HttpResponse:
    door = enter(request, team)
    found = door.project(project)
    if request.method == "POST":
        door.require(Scope.CONFIGURE)
        _change_project(request, door, project)
        return redirect("project-settings", team, project)
    context = {"watch_paths": "\n".join(found.watch_paths), "kept_days": conf.DELETED_PROJECT_DAYS}
    return render(request, "settings.html", {"door": door, "team": door.team, "project": found, **context})


@login_required
@require_POST
def delete(request: HttpRequest, team: str, project: str) -> HttpResponse:
    """Its name is typed once more, so that nobody deletes another project than they think."""
    door = enter(request, team)
    found = door.project(project)
    door.require(Scope.CONFIGURE)
    if request.POST.get("name", "").strip() != found.slug:
        say(request, UserError("name_mismatch", f"That is not {found.slug}: nothing was deleted.", "Type its name."))
        return redirect("project-settings", team, project)
    delete_project(found, actor=door.user)
    messages.success(request, f"{found.slug} is deleted. Its name is free again.")
    return redirect("team", team)


def _change_project(request: HttpRequest, door: Door, project: str) -> None:
    try:
        change_project(
            door.project(project),
            actor=door.user,
            production_branch=request.POST.get("production_branch", ""),
            root=request.POST.get("root", ""),
            watch_paths=request.POST.get("watch_paths", "").splitlines(),
            ignore_command=request.POST.get("ignore_command", ""),
            supersede=request.POST.get("supersede") != "all",
        )
    except UserError as error:
        say(request, error)
    else:
        messages.success(request, "Saved. It holds for what is pushed from now on.")


@login_required
@require_http_methods(["GET", "POST"])
def own_tokens(request: HttpRequest, team: str) -> HttpResponse:
    """A person's tokens in this team. A new one's text is in the answer to its form, and nowhere else."""
    door = enter(request, team)
    made = _mint(request, door) if request.method == "POST" else ""
    rows = ApiToken.objects.for_team(door.team).filter(user=door.user, revoked_at=None).order_by("-pk")
    context = {"tokens": rows, "scopes": [scope for scope in Scope if scope in door.scopes], "made": made}
    return render(request, "tokens.html", {"door": door, "team": door.team, **context})


def _mint(request: HttpRequest, door: Door) -> str:
    asked = frozenset(Scope(scope) for scope in request.POST.getlist("scope") if scope in set(Scope))
    name = request.POST.get("name", "").strip()[:100]
    if not name or not asked:
        messages.error(request, "A token needs a name, and something that it may do.")
        return ""
    return tokens.mint(door.team, door.user, name, scopes=asked & door.scopes)


@login_required
@require_POST
def revoke_token(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    door = enter(request, team)
    rows = ApiToken.objects.for_team(door.team).filter(user=door.user)
    tokens.revoke(get_object_or_404(rows, pk=pk))
    return redirect("tokens", team)


@login_required
@require_GET
def pushes(request: HttpRequest, team: str, project: str) -> HttpResponse:
    """Why each push did, or did not, deploy."""
    door = enter(request, team)
    found = door.project(project)
    rows = Push.objects.for_team(door.team).filter(project=found).prefetch_related("deployments").order_by("-pk")
    words = asked(request, "q", longest=250)
    if words:
        rows = rows.filter(Q(after__startswith=words.lower()) | Q(branch=words))
    shown_here = list(rows[:_PAGE])
    verdicts = verdicts_of(shown_here)
    context = {"pushes": [(one, verdicts.get(one.pk)) for one in shown_here], "q": words}
    return render(request, "pushes.html", {"door": door, "team": door.team, "project": found, **context})


@login_required
@require_GET
def audit(request: HttpRequest, team: str) -> HttpResponse:
    door = enter(request, team)
    rows = AuditEntry.objects.for_team(door.team).select_related("actor").order_by("-pk")
    about = asked(request, "about", longest=200)
    if about:
        rows = rows.filter(subject=about)
    if (before := page_before(request)) is not None:
        rows = rows.filter(pk__lt=before)
    entries = list(rows[: _PAGE + 1])
    older = entries[_PAGE - 1].pk if len(entries) > _PAGE else None
    context = {"entries": entries[:_PAGE], "older": older, "about": about}
    return render(request, "audit.html", {"door": door, "team": door.team, **context})
