"""`dexto-cloud sign-in`."""

from __future__ import annotations

from json import dumps
from typing import Any

from django.core.management.base import CommandParser

from core.errors import UserError
from dashboard.sign_in import link_for
from projects.commands import QuickCommand
from projects.models import User


class Command(QuickCommand):
    help = "Prints a link that signs a person in, once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user")
        parser.add_argument("--json", action="store_true")

    def handle(self, *_arguments: Any, user: str, json: bool, **_options: Any) -> None:
        found = User.objects.filter(username=user).first()
        if found is None:
            step = f"Add a person with `dexto-cloud user add {user} --team TEAM`."
            raise UserError("person_unknown", f"There is nobody called {user}.", step)
        made = link_for(found)
        self.stdout.write(dumps({"sign_in_url": made}) if json else made)
