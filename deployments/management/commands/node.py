"""`dexto-cloud node`."""

from __future__ import annotations

import signal
from datetime import timedelta
from json import dumps
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db.models.functions import Now

from deployments.models import Node
from deployments.nodes.service import NodeService
from deployments.nodes.supervision import Places
from projects.commands import QuickCommand


class Command(QuickCommand):
    help = "Runs this machine's agents until it is asked to stop."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--stop-agents-on-exit", action="store_true")
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--check", action="store_true", help="Only say whether this machine's node is at work.")

    def handle(self, *_arguments: Any, stop_agents_on_exit: bool, check: bool, json: bool, **_options: Any) -> None:
        if check:
            _check()
            return
        places = Places(data=settings.DATA_DIR, run=settings.RUN_DIR)
        on_ready = self._say_ready if json else None
        service = NodeService(settings.NODE_NAME, places, stop_agents_on_exit, on_ready)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda _number, _frame: service.request_stop())
        service.run()

    def _say_ready(self) -> None:
        self.stdout.write(dumps({"event": "ready", "node": settings.NODE_NAME}))
        self.stdout.flush()


def _check() -> None:
    lately = Now() - timedelta(seconds=settings.LEASE_SECONDS)
    if not Node.objects.filter(name=settings.NODE_NAME, seen_at__gt=lately).exists():
        raise CommandError(f"The node {settings.NODE_NAME} has not looked at its rows for {settings.LEASE_SECONDS} s.")
