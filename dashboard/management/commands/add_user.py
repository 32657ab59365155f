"""`dexto-cloud user add`."""

from __future__ import annotations

from json import dumps
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from dashboard.sign_in import link_for
from projects.actions import create_team
from projects.commands import QuickCommand
from projects.models import Membership, Role, Team, User


class Command(QuickCommand):
    help = "Adds a person to a team, and prints a link to sign in with."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--team", required=True)
        parser.add_argument("--role", choices=Role.values, default=Role.MEMBER)
        parser.add_argument("--json", action="store_true")

    @transaction.atomic
    def handle(self, *_arguments: Any, name: str, team: str, role: str, json: bool, **_options: Any) -> None:
        user, _made = User.objects.get_or_create(username=name)
        found = Team.objects.filter(slug=team).first() or create_team(team, user)
        Membership.objects.update_or_create(team=found, user=user, defaults={"role": role})
        made = link_for(user)
        self.stdout.write(dumps({"sign_in_url": made}) if json else made)
