"""`dexto-cloud token create`."""

from __future__ import annotations

from json import dumps
from typing import Any

from django.core.management.base import CommandParser

from core.errors import UserError
from projects.commands import QuickCommand
from projects.models import Team, User
from projects.tokens import Scope, mint


class Command(QuickCommand):
    help = "Makes an API token and prints it, once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--user", required=True)
        parser.add_argument("--team", default="")
        parser.add_argument("--scope", action="append", choices=[one.value for one in Scope], required=True)
        parser.add_argument("--json", action="store_true")

    def handle(
        self, *_arguments: Any, name: str, user: str, team: str, scope: list[str], json: bool, **_options: Any
    ) -> None:
        person = User.objects.filter(username=user).first()
        teams = Team.objects.of(person) if person else Team.objects.none()
        found = list(teams.filter(slug=team) if team else teams)
        if person is None or len(found) != 1:
            step = "Name a team of theirs with --team."
            raise UserError("person_unknown", f"{user} is not in exactly one such team.", step)
        made = mint(found[0], person, name, scopes=frozenset(map(Scope, scope)))
        self.stdout.write(dumps({"token": made}) if json else made)
