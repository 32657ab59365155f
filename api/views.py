"""The REST API: authenticate, parse, call, answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, cast

from django.db.models import Prefetch
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api import idempotency, serializers
from api.asking import asked, valid
from api.idempotency import answered_once
from api.pagination import PAGE, ByName, Pages
from deployments.actions import delete_project
from deployments.models import Deployment, Route, RouteKind
from origin.actions import create_hosted_project, register_path
from projects import actions as project_actions
from projects.models import ApiToken, Project, Role
from projects.tokens import Scope, require_environment, scopes_of

_SEARCH = OpenApiParameter("search", str, description="A part of the name.")


class TeamView(APIView):
    """Everything is looked up through the token's team: what is not in it does not exist."""

    scopes: ClassVar[dict[str, Scope]] = {}

    @property
    def token(self) -> ApiToken:
        return cast(ApiToken, self.request.auth)

    def projects(self) -> Any:
        routes = Route.objects.filter(kind=RouteKind.PRODUCTION).select_related("destination")
        production = Prefetch("routes", routes, to_attr="production_routes")
        rows = Project.objects.for_team(self.token.team).select_related("team", "repository")
        rows = rows.prefetch_related(production)
        return rows.filter(pk=self.token.project_id) if self.token.project_id else rows

    def project(self, slug: str) -> Project:
        found: Project = get_object_or_404(self.projects(), slug=slug)
        return found

    def deployments(self) -> Any:
        rows = Deployment.objects.for_team(self.token.team).with_everything()
        related = ("wanted_by__destination", "observed_by", "variables")
        owned = {"project": self.token.project_id} if self.token.project_id else {}
        living = rows.filter(project__deleted_at=None, **owned)
        return living.select_related("instance").prefetch_related(*related)

    def deployment(self, public_id: str) -> Deployment:
        found: Deployment = get_object_or_404(self.deployments(), public_id=public_id)
        return found

    def changing(self, public_id: str) -> Deployment:
        """One that this token may change."""
        found = self.deployment(public_id)
        require_environment(self.token, found.environment)
        return found

    @property
    def is_limited(self) -> bool:
        """For a part of the team alone: one project, or one environment."""
        return bool(self.token.project_id or self.token.environment)

    def require_whole_team(self) -> None:
        if self.is_limited:
            self.permission_denied(self.request, message="This token is for a part of the team only.")

    def of_team(self, rows: Any) -> Any:
        """What is the whole team's, and nothing for a token of one project."""
        found = rows.for_team(self.token.team)
        return found.none() if self.token.project_id else found

    def page(
        self, rows: Any, serializer: type[Any], pages: type[Pages] = Pages, *, told: Callable[[Any], Any] = list
    ) -> Response:
        """One page of a list, and where the next one is. `told` makes of its rows what the serializer shows."""
        pager = pages()
        found = pager.paginate_queryset(rows, self.request)
        return pager.get_paginated_response(serializer(told(found), many=True).data)

    def shown(self, deployment: Deployment, status: int = 200) -> Response:
        fresh = self.deployment(deployment.public_id)
        return Response(serializers.DeploymentSerializer(fresh).data, status=status)


class Me(TeamView):
    @extend_schema(responses={200: dict})
    def get(self, _request: Request) -> Response:
        """Whose token this is, and what it may do."""
        scopes = sorted(scopes_of(self.token))
        return Response({"user": self.token.user.get_username(), "team": self.token.team.slug, "scopes": scopes})


class Projects(TeamView):
    scopes: ClassVar = {"POST": Scope.CONFIGURE}

    @extend_schema(parameters=[_SEARCH, *PAGE], responses=serializers.ProjectSerializer(many=True))
    def get(self, request: Request) -> Response:
        """By name; `?search=` narrows them to names that hold it."""
        rows = self.projects().filter(slug__icontains=asked(request, "search"))
        return self.page(rows, serializers.ProjectSerializer, ByName)

    @extend_schema(
        parameters=[idempotency.PARAMETER],
        request=serializers.NewProjectSerializer,
        responses={201: serializers.ProjectSerializer},
    )
    @answered_once
    def post(self, request: Request) -> Response:
        """With `path` the project follows a repository on the server, which only an owner may name."""
        wanted = valid(serializers.NewProjectSerializer, request)
        if self.token.project_id:
            self.permission_denied(request, message="This token is for one project, and makes no other.")
        if wanted["path"]:
            self._only_owners()
            project = register_path(
                self.token.team, wanted["slug"], Path(wanted["path"]), actor=self.token.user, root=wanted["folder"]
            )
        else:
            project = create_hosted_project(
                self.token.team, wanted["slug"], actor=self.token.user, root=wanted["folder"]
            )
        return Response(serializers.ProjectSerializer(self.project(project.slug)).data, status=201)

    def _only_owners(self) -> None:
        """Of an installation's machine, not of a team: a path reaches any repository there."""
        is_owner = self.token.team.memberships.filter(user=self.token.user, role=Role.OWNER).exists()
        if not (is_owner and self.token.user.is_superuser):
            self.permission_denied(self.request, message="Only the installation's owner may name a path.")


class OneProject(TeamView):
    scopes: ClassVar = {"PATCH": Scope.CONFIGURE, "DELETE": Scope.CONFIGURE}

    @extend_schema(responses=serializers.ProjectSerializer)
    def get(self, _request: Request, slug: str) -> Response:
        return Response(serializers.ProjectSerializer(self.project(slug)).data)

    @extend_schema(request=serializers.ProjectChangeSerializer, responses=serializers.ProjectSerializer)
    def patch(self, request: Request, slug: str) -> Response:
        """Changes what is named, for what is pushed from now on."""
        wanted = valid(serializers.ProjectChangeSerializer, request)
        project_actions.change_project(self.project(slug), actor=self.token.user, **wanted)
        return Response(serializers.ProjectSerializer(self.project(slug)).data)

    @extend_schema(responses={204: None})
    def delete(self, _request: Request, slug: str) -> Response:
        """Ends everything of it: work under way, agents, addresses, what it runs at vendors. Its name is free again."""
        project = self.project(slug)
        self.require_whole_team()
        delete_project(project, actor=self.token.user)
        return Response(status=204)


class Unknown(TeamView):
    """Every other address: without this a page would answer it, with a form to sign in."""

    scopes: ClassVar = dict.fromkeys(("POST", "PUT", "PATCH", "DELETE"), Scope.READ)

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        raise Http404(request.path)

    post = put = patch = delete = get
