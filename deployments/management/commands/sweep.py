"""`dexto-cloud sweep`."""

from __future__ import annotations

import json
from typing import Any

from deployments.sweeping import sweep_all
from projects.commands import QuickCommand


class Command(QuickCommand):
    help = "Removes what is past its time, and says what."

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        self.stdout.write(json.dumps(sweep_all()))
