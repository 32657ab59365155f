"""Which platforms elsewhere there are, and where this installation reaches them."""

from __future__ import annotations

from django.conf import settings

from core.errors import UserError
from core.targets import Platform
from deployments.platforms import CLOUDS
from deployments.platforms.cloud import CloudModule, Endpoints


def module_of(platform: str) -> CloudModule:
    """Raises UserError platform_unknown."""
    found = CLOUDS.get(Platform(platform)) if platform in set(Platform) else None
    if found is None:
        known = ", ".join(one.value for one in CLOUDS) or "none"
        raise UserError("platform_unknown", f"This installation releases nothing to {platform}.", f"It knows: {known}.")
    return found


def endpoints_of(platform: str) -> Endpoints:
    api, edge = settings.PLATFORM_ENDPOINTS.get(platform, ("", ""))
    return Endpoints(api, edge)
