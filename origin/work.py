"""Registers the operation that announces, and how builds fetch from here."""

from __future__ import annotations

from builds import sources
from origin import announcing, cloning
from origin.models import HOST
from projects import operations

# One at a time for a team: deliveries of one repository must not overtake each other.
operations.register(operations.Kind(announcing.KIND, run=announcing.run, team_slots=lambda: 1))
sources.register(HOST, cloning.source)
