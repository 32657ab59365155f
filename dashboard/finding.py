"""The palette's answers, and what narrows the lists: projects, deployments and pages by a few letters of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from dashboard.asking import asked
from dashboard.library import library
from deployments.finding import found_deployments, found_projects, title_of
from deployments.models import Deployment
from projects.models import Project, Team, User

_AT_MOST: Final = 12
_PAGES: Final = {
    "people": "People",
    "accounts": "Accounts",
    "code-host": "Code host",
    "deliveries": "Deliveries",
    "notifications": "Notifications",
    "tokens": "Tokens",
    "quotas": "Quotas",
    "audit": "Audit",
}


@dataclass(frozen=True, slots=True)
class Found:
    """A place to go to: its name, what kind of place it is, and where."""

    name: str
    kind: str
    url: str


@login_required
@require_GET
def find(request: HttpRequest) -> HttpResponse:
    """Of the person's own teams, best first."""
    words = asked(request, "q")
    teams = list(Team.objects.of(request.user)) if isinstance(request.user, User) else []
    return render(request, "found.html", {"found": list(islice(_found(words, teams), _AT_MOST))})


def _found(words: str, teams: list[Team]) -> Iterator[Found]:
    yield from _projects(words, teams)
    if len(words) >= 2:
        yield from _deployments(words, teams)
    for team in teams:
        for name, label in _PAGES.items():
            if words.lower() in label.lower():
                yield Found(label, team.slug, reverse(name, args=[team.slug]))
    yield from _documents(words)


def _documents(words: str) -> Iterator[Found]:
    """By title, and by the headings in it: an error's code leads to what it means."""
    if not words:
        return
    for one in library().documents:
        for heading in one.rendered.headings:
            if words.lower() in heading.text.lower():
                kind = "document" if heading.level == 1 else f"in {one.title}"
                yield Found(heading.text, kind, f"{one.url}#{heading.anchor}")


def _projects(words: str, teams: list[Team]) -> Iterator[Found]:
    for one in found_projects(Project.objects.filter(team__in=teams), words)[: _AT_MOST // 2]:
        yield Found(one.slug, f"project of {one.team.slug}", reverse("project", args=[one.team.slug, one.slug]))


def _deployments(words: str, teams: list[Team]) -> Iterator[Found]:
    for one in found_deployments(Deployment.objects.filter(team__in=teams), words)[: _AT_MOST // 2]:
        where = [one.team.slug, one.project.slug, one.public_id]
        kind = f"{one.project.slug} · {one.branch} · {one.get_status_display()}"
        yield Found(title_of(one), kind, reverse("deployment", args=where))
