"""`dexto-cloud sweep`."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand

from deployments.sweeping import sweep_all


class Command(BaseCommand):
    help = "Removes what is past its time, and says what."

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        self.stdout.write(json.dumps(sweep_all()))
