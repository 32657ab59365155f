"""Which platforms elsewhere there are, and which storages, and where this installation reaches them."""

from __future__ import annotations

from django.conf import settings

from core.errors import UserError
from core.targets import Platform
from deployments.platforms import CLOUDS
from deployments.platforms.cloud import CloudModule, Endpoints
from deployments.storage import STORAGES
from deployments.storage.contract import StorageModule


def module_of(platform: str) -> CloudModule:
    """Raises UserError platform_unknown."""
    found = CLOUDS.get(Platform(platform)) if platform in set(Platform) else None
    if found is None:
        known = ", ".join(one.value for one in CLOUDS) or "none"
        raise UserError("platform_unknown", f"This installation releases nothing to {platform}.", f"It knows: {known}.")
    return found


def storage_module_of(provider: object) -> StorageModule:
    """Raises UserError destination_config_invalid."""
    found = STORAGES.get(provider) if isinstance(provider, str) else None
    if found is None:
        raise UserError(
            "destination_config_invalid",
            "config.storage.provider names no storage that this installation knows.",
            f"It knows: {', '.join(STORAGES)}.",
        )
    return found


def asked_of(vendor: str) -> CloudModule | StorageModule:
    """What accounts there ask for: a platform, or a storage. Raises UserError platform_unknown."""
    return STORAGES.get(vendor) or module_of(vendor)


def endpoints_of(platform: str) -> Endpoints:
    api, edge = settings.PLATFORM_ENDPOINTS.get(platform, ("", ""))
    return Endpoints(api, edge)
