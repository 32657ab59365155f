"""Where agents keep their memory: one module per kind, each with the same shape."""

from __future__ import annotations

from collections.abc import Mapping

from deployments.storage import convex, neon, postgres, supabase
from deployments.storage.contract import StorageModule

#: By the name that a destination's config uses. Adding one is a module and a line.
STORAGES: Mapping[str, StorageModule] = {
    "postgres": postgres.MODULE,
    "neon": neon.MODULE,
    "supabase": supabase.MODULE,
    "convex": convex.MODULE,
}
