"""Registers the operation that announces, and how builds fetch from here."""

from __future__ import annotations

from builds import sources
from origin import cloning
from origin.models import HOST, KIND
from projects import operations

# One at a time for a team: deliveries of one repository must not overtake each other.
operations.register(operations.Kind(KIND, run="origin.announcing.run", team_slots=lambda: 1, may_repeat=True))
sources.register(HOST, cloning.source)
