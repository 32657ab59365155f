"""Linking a repository of a code host."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.response import Response

from api import idempotency
from api.asking import valid
from api.idempotency import answered_once
from api.serializers import ProjectSerializer
from api.views import TeamView
from deployments.found_by_token import found_by_token
from deployments.linking import LOOKS, free_name, link
from projects.models import Project
from projects.tokens import Scope


class NewLinkSerializer(serializers.Serializer[Any]):
    repository = serializers.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$", help_text="As owner/name."
    )
    code_host_token = serializers.RegexField(
        r"^[!-~]{1,500}$",
        write_only=True,
        help_text="Any token at the code host of a person who may push to the repository. Used once, and not kept.",
    )
    host = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=100, help_text="Such as github.com; else the only one."
    )
    folder = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=500, help_text="The agent's folder in the repository."
    )
    slug = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=50,
        help_text="The project's name; else the folder's or the repository's.",
    )


class Repositories(TeamView):
    scopes: ClassVar = {"POST": Scope.CONFIGURE}

    @extend_schema(parameters=[idempotency.PARAMETER], request=NewLinkSerializer, responses={201: ProjectSerializer})
    @answered_once
    def post(self, request: Request) -> Response:
        """Makes a project of a repository at a code host, and deploys its default branch at once. Our app there must be
        installed for the repository."""
        wanted = valid(NewLinkSerializer, request)
        self.require_whole_team()
        if not LOOKS.hit(settings.REDIS_URL, str(self.token.user_id)):
            raise Throttled(60)
        project = self._linked(**wanted)
        return Response(ProjectSerializer(self.project(project.slug)).data, status=201)

    def _linked(self, repository: str, code_host_token: str, host: str, folder: str, slug: str) -> Project:
        team, folder = self.token.team, folder.strip("/")
        found = found_by_token(host, repository, code_host_token)
        return link(team, slug or free_name(team, found, folder), found, root=folder, actor=self.token.user)
