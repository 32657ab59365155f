"""The first person and team of an embedded installation. Reads a token on stdin, and makes one if it is of no use."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.db import transaction

from builds.storage import object_store
from dashboard.sign_in import link_for
from projects import tokens
from projects.actions import create_team
from projects.commands import QuickCommand
from projects.models import Team, User


class Command(QuickCommand):
    help = "Makes the first user, team and token where they are missing; prints them as JSON."

    @transaction.atomic
    def handle(self, *_arguments: Any, **_options: Any) -> None:
        object_store().ensure_bucket()
        user, made = User.objects.get_or_create(username="admin", defaults={"is_staff": True, "is_superuser": True})
        if made:
            user.set_unusable_password()
            user.save()
        team = Team.objects.of(user).first() or create_team("home", user, name="Home")
        token = sys.stdin.read().strip()
        if not token or tokens.find(token) is None:
            token = tokens.mint(team, user, "command line", scopes=frozenset(tokens.Scope))
        self.stdout.write(json.dumps({"sign_in_url": link_for(user), "token": token}))
