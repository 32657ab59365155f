"""Destinations, the accounts that release to them, the services that run there, domains, canaries, verdicts."""

from __future__ import annotations

from typing import Any, ClassVar

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.asking import asked, valid
from api.views import TeamView
from core.targets import PLATFORMS, Platform, Target
from deployments import canaries, destinations, domains, routing
from deployments.cloud import accounts, following, queue, stopping, tidying
from deployments.destinations import Wish
from deployments.models import Account, CloudService, Deployment, Destination, Domain, Push
from deployments.platforms import CLOUDS, traits_of
from deployments.storage import STORAGES
from deployments.verdicts import verdicts_of
from projects.models import Environment, Project
from projects.tokens import Scope, require_environment


class AccountSerializer(serializers.ModelSerializer[Account]):
    """The values of its fields are never shown again."""

    fields_set = serializers.SerializerMethodField()

    class Meta:
        model = Account
        fields = ("platform", "name", "found", "error", "checked_at", "created_at", "fields_set")

    def get_fields_set(self, account: Account) -> list[str]:
        return sorted(account.fields.values_list("name", flat=True))


class NewAccountSerializer(serializers.Serializer[Any]):
    platform = serializers.ChoiceField(
        choices=[*(one.value for one in Platform if one is not Platform.LOCAL), *STORAGES],
        help_text="A platform, or what keeps agents' memory.",
    )
    name = serializers.CharField(max_length=50)
    values = serializers.DictField(child=serializers.CharField(trim_whitespace=False, max_length=20_000))


class ValuesSerializer(serializers.Serializer[Any]):
    values = serializers.DictField(child=serializers.CharField(trim_whitespace=False, max_length=20_000))


class DestinationSerializer(serializers.ModelSerializer[Destination]):
    account = serializers.CharField(source="account.name", default=None, allow_null=True)

    class Meta:
        model = Destination
        fields = (
            *("name", "target", "platform", "environment", "branches", "may_fail", "config", "account"),
            *("declared_by", "is_default", "created_at", "removed_at"),
        )


class WishSerializer(serializers.Serializer[Any]):
    """`environment` left out is the branch's own."""

    name = serializers.CharField(max_length=50)
    target = serializers.ChoiceField(choices=[one.value for one in Target])
    platform = serializers.ChoiceField(choices=[one.value for one in Platform])
    environment = serializers.ChoiceField(choices=Environment.choices, required=False, allow_blank=True, default="")
    branches = serializers.ListField(child=serializers.CharField(max_length=250), required=False, default=list)
    may_fail = serializers.BooleanField(required=False, default=False)
    config = serializers.DictField(required=False, default=dict)
    account = serializers.CharField(required=False, allow_blank=True, default="", max_length=50)

    def to_wish(self) -> Wish:
        given = dict(self.validated_data)
        target, platform = Target(given.pop("target")), Platform(given.pop("platform"))
        return Wish(target=target, platform=platform, branches=tuple(given.pop("branches")), **given)


class WishChangeSerializer(WishSerializer):
    name = serializers.CharField(required=False, max_length=50)
    target = serializers.ChoiceField(choices=[one.value for one in Target], required=False)
    platform = serializers.ChoiceField(choices=[one.value for one in Platform], required=False)


class ServiceSerializer(serializers.ModelSerializer[CloudService]):
    destination = serializers.CharField(source="destination.name")
    drift = serializers.SerializerMethodField()
    log_stream = serializers.IntegerField(source="stream_id", allow_null=True)

    class Meta:
        model = CloudService
        fields = (
            *("name", "platform", "destination", "environment", "branch", "address", "shares", "drift", "error"),
            *("checked_at", "created_at", "deleted_at", "log_stream"),
        )

    def get_drift(self, service: CloudService) -> list[str]:
        return tidying.drift_of(service)


class DomainSerializer(serializers.ModelSerializer[Domain]):
    destination = serializers.CharField(source="destination.name")

    class Meta:
        model = Domain
        fields = ("hostname", "destination", "state", "records", "detail", "error", "checked_at", "created_at")


class NewDomainSerializer(serializers.Serializer[Any]):
    hostname = serializers.CharField(max_length=300)
    destination = serializers.CharField(required=False, allow_blank=True, default="", max_length=50)


class CanarySerializer(serializers.Serializer[Any]):
    """0 % ends it; then `deployment` may be left out, and `destination` names whose canary it is."""

    deployment = serializers.CharField(required=False, allow_blank=True, default="", max_length=9)
    percent = serializers.IntegerField(min_value=0, max_value=99)
    destination = serializers.CharField(required=False, allow_blank=True, default="", max_length=50)


class PlatformSerializer(serializers.Serializer[Any]):
    """`verified`: here, against a counterpart only, or live."""

    platform = serializers.CharField()
    targets = serializers.ListField(child=serializers.CharField())
    traits = serializers.DictField(child=serializers.BooleanField())
    verified = serializers.CharField()
    credential = serializers.ListField(child=serializers.DictField())
    config = serializers.DictField(child=serializers.CharField())


class VerdictSerializer(serializers.Serializer[Any]):
    status = serializers.CharField()
    good = serializers.BooleanField()
    sentence = serializers.CharField()


class MemberSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    destination = serializers.CharField()
    status = serializers.CharField()
    may_fail = serializers.BooleanField()


class PushSerializer(serializers.Serializer[Any]):
    commit = serializers.CharField()
    branch = serializers.CharField()
    message = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()
    decision = serializers.CharField(allow_blank=True)
    verdict = VerdictSerializer(allow_null=True)
    deployments = MemberSerializer(many=True)


class DestinationView(TeamView):
    def accounts(self) -> Any:
        """None for a token of one project: accounts are the team's."""
        rows = Account.objects.living().for_team(self.token.team).select_related("team")
        return rows.none() if self.token.project_id else rows

    def account(self, platform: str, name: str) -> Account:
        found: Account = get_object_or_404(self.accounts(), platform=platform, name=name)
        return found

    def destinations(self, project: Project) -> Any:
        destinations.destinations_of(project)
        rows = Destination.objects.living().for_team(self.token.team).filter(project=project)
        return rows.select_related("account", "project__team", "team").order_by("pk")

    def destination(self, project: Project, name: str) -> Destination:
        if not name:
            return destinations.default_destination(project)
        found: Destination = get_object_or_404(self.destinations(project), name=name)
        return found

    def services(self, project: Project) -> Any:
        rows = CloudService.objects.living().for_team(self.token.team).filter(project=project)
        return rows.select_related("destination__project", "team", "stream").order_by("pk")

    def service(self, project: Project, name: str) -> CloudService:
        found: CloudService = get_object_or_404(self.services(project), name=name)
        return found

    def domains(self, project: Project) -> Any:
        rows = Domain.objects.living().for_team(self.token.team).filter(project=project)
        return rows.select_related("destination__project", "team").order_by("hostname")

    def domain(self, project: Project, hostname: str) -> Domain:
        found: Domain = get_object_or_404(self.domains(project), hostname=hostname)
        return found


class Platforms(DestinationView):
    @extend_schema(responses=PlatformSerializer(many=True))
    def get(self, _request: Request) -> Response:
        """Every platform: what it runs, what it can do, what its account asks for, what its config may say."""
        return Response([_platform(one) for one in Platform if one is Platform.LOCAL or one in CLOUDS])


class Accounts(DestinationView):
    scopes: ClassVar = {"POST": Scope.ADMIN}

    @extend_schema(responses=AccountSerializer(many=True))
    def get(self, _request: Request) -> Response:
        return Response(AccountSerializer(self.accounts().order_by("platform", "name"), many=True).data)

    @extend_schema(request=NewAccountSerializer, responses={201: AccountSerializer})
    def post(self, request: Request) -> Response:
        """Checked with the vendor first; what it refuses is not kept."""
        wanted = valid(NewAccountSerializer, request)
        if self.token.project_id:
            self.permission_denied(request, message="This token is for one project; accounts are the team's.")
        given = (wanted["platform"], wanted["name"], wanted["values"])
        made = accounts.enter(self.token.team, *given, actor=self.token.user)
        return Response(AccountSerializer(made).data, status=201)


class OneAccount(DestinationView):
    scopes: ClassVar = {"PUT": Scope.ADMIN, "DELETE": Scope.ADMIN}

    @extend_schema(responses=AccountSerializer)
    def get(self, _request: Request, platform: str, account: str) -> Response:
        return Response(AccountSerializer(self.account(platform, account)).data)

    @extend_schema(request=ValuesSerializer, responses=AccountSerializer)
    def put(self, request: Request, platform: str, account: str) -> Response:
        """Other values for its fields, checked first; those before are revoked."""
        found = self.account(platform, account)
        values = valid(ValuesSerializer, request)["values"]
        return Response(AccountSerializer(accounts.replace(found, values, actor=self.token.user)).data)

    @extend_schema(responses={204: None})
    def delete(self, _request: Request, platform: str, account: str) -> Response:
        accounts.remove(self.account(platform, account), actor=self.token.user)
        return Response(status=204)


class CheckAccount(DestinationView):
    scopes: ClassVar = {"POST": Scope.ADMIN}

    @extend_schema(request=None, responses=AccountSerializer)
    def post(self, _request: Request, platform: str, account: str) -> Response:
        """Asks the vendor what the credential may do."""
        found = accounts.check(self.account(platform, account), actor=self.token.user)
        return Response(AccountSerializer(found).data)


class Destinations(DestinationView):
    scopes: ClassVar = {"POST": Scope.CONFIGURE}

    @extend_schema(responses=DestinationSerializer(many=True))
    def get(self, _request: Request, slug: str) -> Response:
        return Response(DestinationSerializer(self.destinations(self.project(slug)), many=True).data)

    @extend_schema(request=WishSerializer, responses={201: DestinationSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Pushes go there from now on. What deployment.yml declares under the same name wins."""
        project, wish = self.project(slug), WishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        made = destinations.add(project, wish.to_wish(), actor=self.token.user)
        return Response(DestinationSerializer(made).data, status=201)


class OneDestination(DestinationView):
    scopes: ClassVar = {"PATCH": Scope.CONFIGURE, "DELETE": Scope.CONFIGURE}

    @extend_schema(responses=DestinationSerializer)
    def get(self, _request: Request, slug: str, destination: str) -> Response:
        return Response(DestinationSerializer(self.destination(self.project(slug), destination)).data)

    @extend_schema(request=WishChangeSerializer, responses=DestinationSerializer)
    def patch(self, request: Request, slug: str, destination: str) -> Response:
        """What is left out stays. Name, target and platform cannot change."""
        found = self.destination(self.project(slug), destination)
        before = {**DestinationSerializer(found).data, "account": found.account.name if found.account else ""}
        wish = WishSerializer(data={**before, **dict(request.data), "name": found.name})
        wish.is_valid(raise_exception=True)
        changed = destinations.change(found, wish.to_wish(), actor=self.token.user)
        return Response(DestinationSerializer(changed).data)

    @extend_schema(responses={204: None})
    def delete(self, _request: Request, slug: str, destination: str) -> Response:
        """Nothing new goes there; what serves in production goes on until its service is deleted."""
        destinations.retire(self.destination(self.project(slug), destination), actor=self.token.user)
        return Response(status=204)


class Services(DestinationView):
    @extend_schema(responses=ServiceSerializer(many=True))
    def get(self, _request: Request, slug: str) -> Response:
        return Response(ServiceSerializer(self.services(self.project(slug)), many=True).data)


class OneService(DestinationView):
    scopes: ClassVar = {"DELETE": Scope.CONFIGURE}

    @extend_schema(responses=ServiceSerializer)
    def get(self, _request: Request, slug: str, service: str) -> Response:
        return Response(ServiceSerializer(self.service(self.project(slug), service)).data)

    @extend_schema(responses={202: None})
    def delete(self, _request: Request, slug: str, service: str) -> Response:
        """A preview's, or that of a destination which was removed, with everything made for it at the vendor."""
        stopping.stop(self.service(self.project(slug), service), actor=self.token.user)
        return Response(status=202)


class ServiceVerb(DestinationView):
    scopes: ClassVar = {"POST": Scope.DEPLOY}

    def changing_service(self, slug: str, name: str) -> CloudService:
        """One that this token may change."""
        found = self.service(self.project(slug), name)
        require_environment(self.token, found.environment)
        return found

    def accepted(self, service: CloudService) -> Response:
        fresh = self.service(service.project, service.name)
        return Response(ServiceSerializer(fresh).data, status=202)


class InspectService(ServiceVerb):
    @extend_schema(request=None, responses={202: ServiceSerializer})
    def post(self, _request: Request, slug: str, service: str) -> Response:
        """Looks at what is at the vendor."""
        found = self.changing_service(slug, service)
        queue.inspect(found)
        return self.accepted(found)


class RetryService(ServiceVerb):
    @extend_schema(request=None, responses={202: ServiceSerializer})
    def post(self, _request: Request, slug: str, service: str) -> Response:
        """Makes the vendor agree again: the traffic is moved to where it is wanted, or what nobody wants is deleted."""
        found = self.changing_service(slug, service)
        stopping.again(found, actor=self.token.user)
        return self.accepted(found)


class FollowService(ServiceVerb):
    @extend_schema(request=None, responses={202: ServiceSerializer})
    def post(self, _request: Request, slug: str, service: str) -> Response:
        """Fetches its log for ten minutes: live at /events/streams/<log_stream>."""
        found = self.changing_service(slug, service)
        following.start(found)
        return self.accepted(found)


class Canary(DestinationView):
    scopes: ClassVar = {"POST": Scope.DEPLOY}

    @extend_schema(request=CanarySerializer, responses={200: dict})
    def post(self, request: Request, slug: str) -> Response:
        """A part of production's traffic for a deployment, where the platform can do that."""
        require_environment(self.token, Environment.PRODUCTION)
        project, wanted = self.project(slug), valid(CanarySerializer, request)
        if wanted["percent"]:
            deployment: Deployment = get_object_or_404(
                self.deployments(), public_id=wanted["deployment"], project=project
            )
            route = canaries.start(deployment, wanted["percent"], actor=self.token.user)
        else:
            destination = self.destination(project, wanted["destination"])
            route = canaries.end(routing.production_route(destination), actor=self.token.user)
        shown = route.canary.public_id if route.canary else None
        return Response({"deployment": shown, "percent": route.canary_percent, "hostname": route.hostname})


class Domains(DestinationView):
    scopes: ClassVar = {"POST": Scope.CONFIGURE}

    @extend_schema(responses=DomainSerializer(many=True))
    def get(self, _request: Request, slug: str) -> Response:
        return Response(DomainSerializer(self.domains(self.project(slug)), many=True).data)

    @extend_schema(request=NewDomainSerializer, responses={201: DomainSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """It serves once the DNS records that the answer names were seen."""
        project, wanted = self.project(slug), valid(NewDomainSerializer, request)
        destination = self.destination(project, wanted["destination"])
        made = domains.add(destination, wanted["hostname"], actor=self.token.user)
        return Response(DomainSerializer(made).data, status=201)


class OneDomain(DestinationView):
    scopes: ClassVar = {"POST": Scope.CONFIGURE, "DELETE": Scope.CONFIGURE}

    @extend_schema(responses=DomainSerializer)
    def get(self, _request: Request, slug: str, hostname: str) -> Response:
        return Response(DomainSerializer(self.domain(self.project(slug), hostname)).data)

    @extend_schema(operation_id="v1_projects_domains_check", request=None, responses={202: DomainSerializer})
    def post(self, _request: Request, slug: str, hostname: str) -> Response:
        """Looks at its DNS now."""
        found = self.domain(self.project(slug), hostname)
        queue.see_to(found)
        return Response(DomainSerializer(found).data, status=202)

    @extend_schema(responses={204: None})
    def delete(self, _request: Request, slug: str, hostname: str) -> Response:
        domains.remove(self.domain(self.project(slug), hostname), actor=self.token.user)
        return Response(status=204)


class Pushes(DestinationView):
    @extend_schema(responses=PushSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """Newest first, 50 at most, each with the one verdict of all its destinations; `?commit=` narrows them."""
        rows = Push.objects.for_team(self.token.team).filter(project=self.project(slug)).order_by("-pk")
        if commit := asked(request, "commit"):
            rows = rows.filter(after__startswith=commit)
        pushes = list(rows[:50])
        verdicts = verdicts_of(pushes)
        return Response(PushSerializer([_push(one, verdicts.get(one.pk)) for one in pushes], many=True).data)


def _push(push: Push, verdict: Any) -> dict[str, Any]:
    said = {"status": verdict.status, "good": verdict.is_good, "sentence": verdict.sentence} if verdict else None
    members = verdict.members if verdict else ()
    shown = [
        {
            "id": one.public_id,
            "destination": one.destination.name,
            "status": one.status,
            "may_fail": one.destination.may_fail,
        }
        for one in members
    ]
    about = {"commit": push.after, "branch": push.branch, "message": push.message, "at": push.at}
    return {**about, "decision": push.decision, "verdict": said, "deployments": shown}


def _platform(platform: Platform) -> dict[str, Any]:
    traits, module = traits_of(platform), CLOUDS.get(platform)
    named = {name: getattr(traits, name) for name in traits.__slots__ if name != "verified"}
    asked = [
        {"name": one.name, "label": one.label, "hint": one.hint, "required": one.is_required}
        for one in (module.credentials if module else ())
    ]
    targets = [target.value for target, platforms in PLATFORMS.items() if platform in platforms]
    config = dict(module.config) if module else {}
    about = {"platform": platform.value, "targets": targets, "traits": named, "verified": traits.verified.value}
    return {**about, "credential": asked, "config": config}
