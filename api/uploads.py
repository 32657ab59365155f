"""Deploys of bundles that were made elsewhere: ask what is missing, send that, ask for the deployment."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import APIException
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from api import deployments, idempotency
from api.asking import valid
from api.idempotency import answered_once
from api.serializers import DeploymentSerializer
from api.views import TeamView
from builds import uploading
from builds.uploaded import UploadedBundle, uploaded_bundle
from deployments.models import Destination
from deployments.uploads import Upload, deploy_bundle, destination_named, place_of
from projects.models import Environment
from projects.tokens import Scope, require_environment

#: Of one request with contents: the largest file of a bundle, and what is around it.
_MOST_BYTES: Final = 32 * 1024 * 1024
_BRANCH: Final = r"\A[^\x00-\x20\x7f~^:?*\[\\]{0,250}\Z"
_COMMIT: Final = r"\A([0-9a-f]{40}|[0-9a-f]{64})?\Z"
_ENVIRONMENTS: Final = (Environment.PRODUCTION, Environment.PREVIEW)


class BundleSerializer(serializers.Serializer[Any]):
    manifest = serializers.DictField(help_text="As dexto-bundle.json of `dexto-cloud build` holds it.")
    findings = serializers.ListField(required=False, default=list)
    outline = serializers.DictField(required=False, default=dict)


class UploadSerializer(BundleSerializer):
    destination = serializers.CharField(required=False, allow_blank=True, default="", max_length=50)
    environment = serializers.ChoiceField(
        choices=[(one.value, one.value) for one in _ENVIRONMENTS], required=False, allow_blank=True, default=""
    )
    key = serializers.CharField(max_length=200, help_text="The same key and bundle are the same deployment.")
    branch = serializers.RegexField(_BRANCH, required=False, allow_blank=True, default="")
    commit = serializers.RegexField(_COMMIT, required=False, allow_blank=True, default="")
    message = serializers.CharField(required=False, allow_blank=True, default="", max_length=10_000)
    author = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)


class TooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "The request has more than 32 MiB."


class Missing(TeamView):
    scopes: ClassVar = {"POST": Scope.DEPLOY}

    @extend_schema(request=BundleSerializer, responses={200: dict})
    def post(self, request: Request, slug: str) -> Response:
        """Which contents of a bundle the team's store does not have."""
        project = self.project(slug)
        asked = valid(BundleSerializer, request)
        manifest = _bundle(asked).manifest
        return Response({"missing": uploading.missing(project.team, manifest), "bundle": manifest.digest})


class Blobs(TeamView):
    scopes: ClassVar = {"POST": Scope.DEPLOY}
    parser_classes = (MultiPartParser,)

    @extend_schema(request={"multipart/form-data": dict}, responses={204: None})
    def post(self, request: Request, slug: str) -> Response:
        """Contents, at most 100 and 32 MiB at once: each part is called by the sha256 of what it holds."""
        project = self.project(slug)
        if int(request.META.get("CONTENT_LENGTH") or 0) > _MOST_BYTES:
            raise TooLarge
        uploading.take(project.team, {name: file.read() for name, file in request.FILES.items()})
        return Response(status=204)


class Deployments(deployments.Deployments):
    scopes: ClassVar = {"POST": Scope.DEPLOY}

    @extend_schema(
        parameters=[idempotency.PARAMETER],
        request=UploadSerializer,
        responses={200: DeploymentSerializer, 201: DeploymentSerializer},
    )
    @answered_once
    def post(self, request: Request, slug: str) -> Response:
        """Deploys a bundle whose contents are here: 201, or 200 with the one that the same key made before."""
        project = self.project(slug)
        wanted = valid(UploadSerializer, request)
        destination = destination_named(project, wanted["destination"])
        upload = self._upload(destination, wanted)
        bundle = uploading.keep(project, _bundle(wanted))
        deployment, is_new = deploy_bundle(bundle, destination, upload, actor=self.token.user)
        return self.shown(deployment, status=201 if is_new else 200)

    def _upload(self, destination: Destination, wanted: dict[str, Any]) -> Upload:
        """A token for one environment goes there where nothing is said, and nowhere else."""
        named = wanted["environment"] or self.token.environment
        upload = Upload(
            wanted["key"],
            Environment(named) if named else None,
            *(wanted[name] for name in ("branch", "commit", "message", "author")),
        )
        environment, _branch = place_of(destination, upload)
        require_environment(self.token, environment)
        return upload


def _bundle(valid: dict[str, Any]) -> UploadedBundle:
    sent = {name: valid[name] for name in ("manifest", "findings", "outline")}
    return uploaded_bundle(sent, uploading.limits())
