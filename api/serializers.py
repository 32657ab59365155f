"""The shapes that the API answers and takes."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from builds.models import Step
from core.findings import Severity
from deployments import addresses
from deployments.models import Deployment
from projects.models import Environment, Project, Variable
from projects.secrets import shown


class ProjectSerializer(serializers.ModelSerializer[Project]):
    team = serializers.CharField(source="team.slug", read_only=True)
    git_url = serializers.SerializerMethodField()
    urls = serializers.SerializerMethodField()

    class Meta:
        model = Project
        fields = (
            *("slug", "team", "root", "production_branch", "watch_paths", "auto_assign"),
            *("ignore_command", "supersede"),
            *("git_url", "urls", "created_at"),
        )

    def get_git_url(self, project: Project) -> str:
        return addresses.git_url(project)

    def get_urls(self, project: Any) -> list[str]:
        """Of production; `production_routes` were read with the project."""
        return [url for route in project.production_routes if (url := addresses.route_url(route))]


class NewProjectSerializer(serializers.Serializer[Any]):
    slug = serializers.CharField(max_length=50)
    path = serializers.CharField(required=False, allow_blank=True, default="", help_text="A repository on the server.")
    folder = serializers.CharField(required=False, allow_blank=True, default="", max_length=500)


class ProjectChangeSerializer(serializers.Serializer[Any]):
    folder = serializers.CharField(source="root", required=False, allow_blank=True, max_length=500)
    production_branch = serializers.CharField(required=False, max_length=250)
    watch_paths = serializers.ListField(child=serializers.CharField(max_length=500), required=False, max_length=100)
    ignore_command = serializers.CharField(
        required=False, allow_blank=True, max_length=500, help_text="It ends with 0 to skip a push."
    )
    supersede = serializers.BooleanField(required=False, help_text="A newer push ends older work on its branch.")


class FrameSerializer(serializers.Serializer[Any]):
    start = serializers.IntegerField(help_text="The number of the first line.")
    lines = serializers.ListField(
        child=serializers.CharField(), help_text="A line that may hold a secret is not shown."
    )
    column = serializers.IntegerField(help_text="Where the finding is in its line as it is here; 0: not known.")


class FindingSerializer(serializers.Serializer[Any]):
    severity = serializers.ChoiceField(choices=[one.value for one in Severity])
    code = serializers.CharField(help_text="As `dexto-cloud explain` knows it.")
    file = serializers.CharField(help_text="From the project's folder; empty where it is about no file.")
    line = serializers.IntegerField(help_text="From 1; 0: not known.")
    column = serializers.IntegerField(help_text="From 1; 0: not known.")
    message = serializers.CharField()
    hint = serializers.CharField()
    targets = serializers.ListField(child=serializers.CharField(), help_text="Empty: every target is concerned.")
    frame = FrameSerializer(required=False, help_text="The lines around it, as they were when it was found.")


@extend_schema_field(FindingSerializer(many=True))
class FindingsField(serializers.JSONField):
    """As the build kept them."""


class DeploymentSerializer(serializers.ModelSerializer[Deployment]):
    id = serializers.CharField(source="public_id")
    project = serializers.CharField(source="project.slug")
    destination = serializers.CharField(source="destination.name")
    target = serializers.CharField(source="destination.target")
    commit = serializers.CharField(source="push.after")
    message = serializers.CharField(source="push.message")
    author = serializers.CharField(source="push.author")
    sequence = serializers.IntegerField()
    bundle = serializers.CharField(source="bundle.digest", default=None, allow_null=True)
    without_cache = serializers.BooleanField(source="build.fresh", default=None, allow_null=True)
    reused = serializers.BooleanField(source="build.reused", default=None, allow_null=True)
    findings = FindingsField()
    missing_variables = serializers.ListField(child=serializers.CharField())
    urls = serializers.SerializerMethodField()
    live = serializers.SerializerMethodField()
    page = serializers.SerializerMethodField()
    streams = serializers.SerializerMethodField()

    class Meta:
        model = Deployment
        fields = (
            *("id", "project", "destination", "target", "environment", "branch", "commit", "message", "author"),
            *("sequence", "source", "status", "reason", "error", "bundle", "reused", "findings", "urls", "live"),
            *("without_cache", "missing_variables"),
            *("page", "streams", "created_at", "finished_at", "deleted_at"),
        )

    def get_urls(self, deployment: Deployment) -> dict[str, str]:
        """Of every route that points here, by its kind."""
        urls = {route.kind: addresses.route_url(route) for route in deployment.wanted_by.all()}
        return {kind: url for kind, url in urls.items() if url}

    def get_live(self, deployment: Deployment) -> bool:
        """Whether production is served by it, as observed."""
        return any(route.kind == "production" for route in deployment.observed_by.all())

    def get_page(self, deployment: Deployment) -> str:
        return addresses.page_url(deployment)

    def get_streams(self, deployment: Deployment) -> dict[str, int | None]:
        instance = getattr(deployment, "instance", None)
        return {
            "build": deployment.build.stream_id if deployment.build else None,
            "release": deployment.stream_id,
            "agent": instance.stream_id if instance else None,
        }


class StepSerializer(serializers.ModelSerializer[Step]):
    class Meta:
        model = Step
        fields = ("position", "name", "outcome", "started_at", "finished_at")


class RollbackSerializer(serializers.Serializer[Any]):
    deployment = serializers.CharField(required=False, allow_blank=True, default="", max_length=9)


class RedeploySerializer(serializers.Serializer[Any]):
    cache = serializers.BooleanField(
        required=False, default=True, help_text="False: nothing of earlier builds is used."
    )


class VariableSerializer(serializers.ModelSerializer[Variable]):
    """The value of a secret one is null: it is never shown again."""

    secret = serializers.BooleanField(source="version.is_secret")
    value = serializers.SerializerMethodField("shown_value")

    class Meta:
        model = Variable
        fields = ("name", "environment", "branch", "secret", "value", "updated_at")

    def shown_value(self, variable: Variable) -> str | None:
        return shown(variable.version)


class NewVariableSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200)
    value = serializers.CharField(max_length=65_536, allow_blank=True, trim_whitespace=False, write_only=True)
    environment = serializers.ChoiceField(choices=Environment.choices)
    branch = serializers.CharField(required=False, allow_blank=True, default="", max_length=250)
    secret = serializers.BooleanField(required=False, default=True, help_text="Never shown again, kept out of logs.")
