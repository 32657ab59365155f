"""What was pushed, and what all of its destinations came to."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.pagination import paged
from api.views import TeamView
from deployments.models import Push
from deployments.narrowing import Filters, narrowed
from deployments.verdicts import verdicts_of

FILTERS: Final[Filters] = {
    "commit": ("after__startswith", "Of the commit whose hash begins so."),
    "branch": ("branch", "To this branch."),
    "author": ("author", "By this person."),
}


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


class Pushes(TeamView):
    @extend_schema(parameters=paged(FILTERS), responses=PushSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """Newest first, each with the one verdict of all its destinations."""
        rows = Push.objects.for_team(self.token.team).filter(project=self.project(slug))
        return self.page(narrowed(rows, request.query_params, FILTERS), PushSerializer, told=_told)


def _told(pushes: list[Push]) -> list[dict[str, Any]]:
    verdicts = verdicts_of(pushes)
    return [_push(one, verdicts.get(one.pk)) for one in pushes]


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
