"""`dexto-cloud node`."""

from __future__ import annotations

import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from deployments.nodes.service import NodeService
from deployments.nodes.supervision import Places


class Command(BaseCommand):
    help = "Runs this machine's agents until it is asked to stop."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--stop-agents-on-exit", action="store_true")

    def handle(self, *_arguments: Any, stop_agents_on_exit: bool, **_options: Any) -> None:
        places = Places(data=settings.DATA_DIR, run=settings.RUN_DIR)
        service = NodeService(settings.NODE_NAME, places, stop_agents_on_exit)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda _number, _frame: service.request_stop())
        service.run()
