"""Targets, and the work of sending to them, as a worker does it."""

from __future__ import annotations

import json
from typing import Any

from django.db.models.functions import Now

from deployments.models import Notification, NotificationTarget
from deployments.notifying import actions
from deployments.notifying.actions import Made, Wish
from deployments.notifying.events import CHOICES, Event
from deployments.notifying.queue import KIND
from projects import operations
from projects.models import Operation, OperationStatus, Project
from tests.web_server import Seen, WebServer

HOOK = "/hook"


def made(
    of: Project, receiver: WebServer, kind: str = "webhook", events: tuple[str, ...] = CHOICES, name: str = "ops"
) -> Made:
    wish = Wish(kind, name, receiver.url + HOOK, events, of)
    return actions.add(of.team, wish, actor=None)


def target(of: Project, receiver: WebServer, kind: str = "webhook") -> NotificationTarget:
    return made(of, receiver, kind).target


def work() -> None:
    """Whatever is due."""
    operations.work(KIND)


def later() -> None:
    """The time of every next try has come."""
    Notification.objects.filter(status="waiting").update(due_at=Now())
    Operation.objects.filter(kind=KIND, status=OperationStatus.QUEUED).update(due_at=Now())
    work()


def bodies(receiver: WebServer) -> list[Any]:
    return [json.loads(one.body) for one in receiver.seen]


def ids(seen: list[Seen]) -> list[str]:
    return [one.headers["webhook-id"] for one in seen]


def types(receiver: WebServer) -> list[Event]:
    return [Event(one["type"]) for one in bodies(receiver)]
