"""`dexto-cloud keys list` and `keys rotate`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser

from projects.commands import QuickCommand
from projects.key_rotation import KeyUse, rotate, uses


class Command(QuickCommand):
    help = "Lists the keys that wrap stored values, or puts all values under the first of them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("verb", choices=["list", "rotate"])
        parser.add_argument("--json", action="store_true")

    def handle(self, *_arguments: Any, verb: str, json: bool, **_options: Any) -> None:
        if verb == "rotate":
            self._rotate()
        found = uses()
        self.stdout.write(_as_json(found) if json else _as_text(found))

    def _rotate(self) -> None:
        done = 0
        for values in rotate():
            done += values
            self.stderr.write(f"{done} values are under the first key")


def _as_json(found: list[KeyUse]) -> str:
    return json.dumps([{**asdict(use), "may_be_removed": use.may_be_removed} for use in found], indent=2)


def _as_text(found: list[KeyUse]) -> str:
    width = max(len(use.key_id) for use in found)
    return "\n".join(f"{use.key_id:<{width}}  {use.values:>6} values  {use.meaning}" for use in found)
