"""What was pushed, and what all of its destinations came to."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.asking import asked
from api.views import TeamView
from deployments.models import Push
from deployments.verdicts import verdicts_of


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
