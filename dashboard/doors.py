"""How a view gets at rows: through the person's membership, or not at all."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from deployments.models import Deployment
from projects.models import Membership, Project, Team, User
from projects.tokens import SCOPES_OF_ROLE, Scope


@dataclass(frozen=True, slots=True)
class Door:
    """A person in one of their teams, and what they may do there."""

    user: User
    team: Team
    scopes: frozenset[Scope]

    def project(self, slug: str) -> Project:
        rows = Project.objects.for_team(self.team).select_related("team", "repository")
        found: Project = get_object_or_404(rows, slug=slug)
        return found

    def deployment(self, project: str, public_id: str) -> Deployment:
        rows = Deployment.objects.for_team(self.team).with_everything().select_related("instance")
        found: Deployment = get_object_or_404(rows, project__slug=project, public_id=public_id)
        return found

    def require(self, scope: Scope) -> None:
        if scope not in self.scopes:
            raise PermissionDenied(f"Your role in {self.team.slug} does not include {scope}.")

    @property
    def may_deploy(self) -> bool:
        return Scope.DEPLOY in self.scopes

    @property
    def may_configure(self) -> bool:
        return Scope.CONFIGURE in self.scopes

    @property
    def owns_installation(self) -> bool:
        """What serves all teams, and what is known of all of them, is for the operator."""
        return self.user.is_superuser and Scope.ADMIN in self.scopes

    @property
    def may_administer(self) -> bool:
        return Scope.ADMIN in self.scopes


def enter(request: HttpRequest, team_slug: str) -> Door:
    """Raises Http404 for a team that is not the person's own: it might as well not exist."""
    if not isinstance(request.user, User):
        raise Http404
    membership = Membership.objects.filter(user=request.user, team__slug=team_slug).select_related("team").first()
    if membership is None:
        raise Http404
    return Door(request.user, membership.team, SCOPES_OF_ROLE[membership.role])
