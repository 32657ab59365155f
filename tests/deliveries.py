"""Deliveries in GitHub's shape, posted as GitHub posts them: signed over the raw bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from projects.models import Project
from tests import factories
from webhooks import processing
from webhooks.models import Delivery
from webhooks.signatures import sign

FOLDER = Path(__file__).with_name("fixtures") / "deliveries"
REPOSITORY_ID = 186853002  # of every recorded payload
URL = "/webhooks/github"


def recorded(name: str) -> dict[str, Any]:
    """A payload by its name: the event, then what is special about it."""
    payload: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return payload


def linked_project() -> Project:
    """A project that follows the payloads' repository."""
    return factories.project(external_id=REPOSITORY_ID)


def post(name: str, *, guid: str = "", **changes: Any) -> HttpResponse:
    """A recorded payload, with some of its fields changed."""
    return send(json.dumps(recorded(name) | changes).encode(), event=name.partition("__")[0], guid=guid)


def send(
    body: bytes, *, event: str = "push", guid: str = "", signature: str | None = None, host: str = ""
) -> HttpResponse:
    signed = sign(settings.WEBHOOK_SECRET, body) if signature is None else signature
    headers = {"X-GitHub-Delivery": guid or str(uuid4()), "X-GitHub-Event": event, "X-Hub-Signature-256": signed}
    if host:
        headers["X-GitHub-Enterprise-Host"] = host
    answer = Client().post(URL, body, content_type="application/json", headers=headers)
    return cast(HttpResponse, answer)


def processed(name: str, *, guid: str = "", **changes: Any) -> Delivery:
    """What the ledger says of a payload once it was acted upon."""
    identifier = guid or str(uuid4())
    assert post(name, guid=identifier, **changes).status_code == 202
    processing.process_all()
    row: Delivery = Delivery.objects.get(guid=identifier)
    return row
