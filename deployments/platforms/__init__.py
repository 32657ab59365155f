"""Where bundles run: one module per platform, each with the same shape and a table of what it can do."""

from __future__ import annotations

from collections.abc import Mapping

from core.targets import Platform
from deployments.platforms import local
from deployments.platforms.contract import PlatformModule

PLATFORMS: Mapping[Platform, PlatformModule] = {
    Platform.LOCAL: PlatformModule(local.TRAITS, local.release),
}
