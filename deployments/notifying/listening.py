"""From what happened to what waits to be sent: one row for each target that listens."""

from __future__ import annotations

from deployments.models import Notification, NotificationTarget
from deployments.notifying import facts, queue
from deployments.notifying.events import Event
from projects.models import OutboxEvent


def on_happened(recorded: OutboxEvent) -> None:
    about = recorded.payload
    event, project = Event(about["event"]), int(about["project"])
    targets = list(NotificationTarget.objects.listening(recorded.team_id, project, event).select_related("team"))
    payload = facts.of_event(event, about) if targets else None
    if payload is None:
        return
    for target in targets:
        _note(target, event, project, key=str(about["key"]), payload=payload)


def _note(target: NotificationTarget, event: Event, project: int, *, key: str, payload: dict[str, object]) -> None:
    values = {"team_id": target.team_id, "project_id": project, "event": event, "payload": payload}
    _row, is_new = Notification.objects.get_or_create(target=target, key=key, defaults=values)
    if is_new:
        queue.ask(target)
