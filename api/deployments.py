"""Deployments in the API: what there is of each, its steps and logs, and what moves production."""

from __future__ import annotations

from typing import ClassVar

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api import idempotency, serializers
from api.asking import valid
from api.idempotency import answered_once
from api.pagination import PAGE, OldestFirst, paged
from api.views import TeamView
from builds import logs
from builds.models import Step
from core.numbers import whole_number
from deployments import actions, deleting
from deployments.narrowing import FILTERS, narrowed
from projects.models import Environment
from projects.tokens import Scope, require_environment


class Deployments(TeamView):
    @extend_schema(parameters=paged(FILTERS), responses=serializers.DeploymentSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """Newest first."""
        rows = self.deployments().filter(project=self.project(slug))
        return self.page(narrowed(rows, request.query_params), serializers.DeploymentSerializer)


class OneDeployment(TeamView):
    scopes: ClassVar = {"DELETE": Scope.DEPLOY}

    @extend_schema(responses=serializers.DeploymentSerializer)
    def get(self, _request: Request, public_id: str) -> Response:
        return self.shown(self.deployment(public_id))

    @extend_schema(responses={204: None})
    def delete(self, _request: Request, public_id: str) -> Response:
        """Its agent ends, its address answers 410, and its bundle goes; its row stays, with `deleted_at`. Refused while
        it is under way, serves production, or is what a rollback would go to. Asked again it does nothing more."""
        deleting.delete(self.changing(public_id), actor=self.token.user)
        return Response(status=204)


class Steps(TeamView):
    @extend_schema(parameters=PAGE, responses=serializers.StepSerializer(many=True))
    def get(self, _request: Request, public_id: str) -> Response:
        """In the order in which they were begun."""
        deployment = self.deployment(public_id)
        streams = [deployment.stream_id] + ([deployment.build.stream_id] if deployment.build else [])
        rows = Step.objects.for_team(self.token.team).filter(stream__in=streams)
        return self.page(rows, serializers.StepSerializer, OldestFirst)


class Logs(TeamView):
    @extend_schema(responses={200: dict})
    def get(self, request: Request, public_id: str, stream: str) -> Response:
        """Lines after `?after=`, of `build`, `release` or `agent`; live at /events/streams/<id>."""
        deployment = self.deployment(public_id)
        stream_id = serializers.DeploymentSerializer().get_streams(deployment).get(stream)
        if stream_id is None:
            return Response({"lines": [], "ended": not deployment.is_active})
        after = whole_number(request.query_params.get("after", ""))
        page = logs.read(stream_id, after=-1 if after is None else after)
        return Response({"lines": [line.as_dict() for line in page.lines], "ended": page.ended})


class Rollback(TeamView):
    scopes: ClassVar = {"POST": Scope.DEPLOY}

    @extend_schema(parameters=[idempotency.PARAMETER], request=serializers.RollbackSerializer, responses={200: dict})
    @answered_once
    def post(self, request: Request, slug: str) -> Response:
        """To the deployment that is named, else to what served before. New pushes wait from then on."""
        require_environment(self.token, Environment.PRODUCTION)
        project = self.project(slug)
        public_id = valid(serializers.RollbackSerializer, request)["deployment"]
        to = get_object_or_404(self.deployments(), public_id=public_id, project=project) if public_id else None
        return _switched(actions.roll_back(project, to, actor=self.token.user))


class RollbackTo(TeamView):
    scopes: ClassVar = {"POST": Scope.DEPLOY}

    @extend_schema(parameters=[idempotency.PARAMETER], request=None, responses={200: dict})
    @answered_once
    def post(self, _request: Request, public_id: str) -> Response:
        """Moves production of its project to it. New pushes wait from then on."""
        require_environment(self.token, Environment.PRODUCTION)
        found = self.deployment(public_id)
        return _switched(actions.roll_back(found.project, found, actor=self.token.user))


class UndoRollback(TeamView):
    scopes: ClassVar = {"POST": Scope.DEPLOY}

    @extend_schema(parameters=[idempotency.PARAMETER], request=None, responses={200: dict})
    @answered_once
    def post(self, _request: Request, slug: str) -> Response:
        require_environment(self.token, Environment.PRODUCTION)
        return _switched(actions.undo_rollback(self.project(slug), actor=self.token.user))


class Promote(TeamView):
    scopes: ClassVar = {"POST": Scope.DEPLOY}

    @extend_schema(parameters=[idempotency.PARAMETER], request=None, responses=serializers.DeploymentSerializer)
    @answered_once
    def post(self, _request: Request, public_id: str) -> Response:
        require_environment(self.token, Environment.PRODUCTION)
        return self.shown(actions.promote(self.deployment(public_id), actor=self.token.user))


class Redeploy(TeamView):
    scopes: ClassVar = {"POST": Scope.DEPLOY}

    @extend_schema(
        parameters=[idempotency.PARAMETER],
        request=serializers.RedeploySerializer,
        responses={201: serializers.DeploymentSerializer},
    )
    @answered_once
    def post(self, request: Request, public_id: str) -> Response:
        """The same commit with today's variables."""
        deployment = self.changing(public_id)
        cache = valid(serializers.RedeploySerializer, request)["cache"]
        made = actions.redeploy(deployment, actor=self.token.user, cache=cache)
        return self.shown(made, status=201)


class Approve(TeamView):
    scopes: ClassVar = {"POST": Scope.DEPLOY}

    @extend_schema(request=None, responses=serializers.DeploymentSerializer)
    def post(self, _request: Request, public_id: str) -> Response:
        """Lets a fork's commit be built; it holds for this commit only."""
        return self.shown(actions.approve(self.changing(public_id), actor=self.token.user))


class Cancel(TeamView):
    scopes: ClassVar = {"POST": Scope.DEPLOY}

    @extend_schema(request=None, responses=serializers.DeploymentSerializer)
    def post(self, _request: Request, public_id: str) -> Response:
        deployment = self.changing(public_id)
        actions.cancel(deployment, actor=self.token.user)
        return self.shown(deployment)


def _switched(switch: actions.Switch) -> Response:
    return Response(
        {
            "deployment": switch.deployment.public_id,
            "hostname": switch.route.hostname,
            "auto_assign": switch.auto_assign,
        }
    )
