"""What all commands of `manage.py` share."""

from __future__ import annotations

from django.core.management.base import BaseCommand


class QuickCommand(BaseCommand):
    """Starts without Django's system checks: they judge our code, by loading every page, and `make check` ran them."""

    requires_system_checks = ()
