"""Projects and deployments by what a person has at hand: a few letters of a name, a commit, a branch, an id."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from deployments.models import Deployment


def found_projects(rows: Any, words: str) -> Any:
    """Of these projects those whose name has it."""
    return rows.filter(slug__icontains=words).select_related("team").order_by("slug")


def found_deployments(rows: Any, words: str) -> Any:
    """Of these deployments those whose id, commit or branch begins so: what is at hand when something is broken."""
    fits = Q(public_id__startswith=words) | Q(push__after__startswith=words) | Q(branch__startswith=words)
    return rows.filter(fits).select_related("team", "project", "push").order_by("-pk")


def title_of(deployment: Deployment) -> str:
    """The first line of its commit, or the commit."""
    title: str = deployment.push.message.partition("\n")[0][:60]
    return title or deployment.push.after[:7]
