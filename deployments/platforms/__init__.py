"""Where bundles run: one module per platform, each with the same shape and a table of what it can do."""

from __future__ import annotations

from collections.abc import Mapping

from core.targets import Platform
from deployments.platforms import aws, cloudflare, fly, heroku, local, railway, render, vercel
from deployments.platforms.cloud import CloudModule
from deployments.platforms.contract import PlatformModule, PlatformTraits

PLATFORMS: Mapping[Platform, PlatformModule] = {
    Platform.LOCAL: PlatformModule(local.TRAITS, local.release),
}

#: Those of vendors. Adding one is a module and a line.
CLOUDS: Mapping[Platform, CloudModule] = {
    Platform.CLOUDFLARE: cloudflare.MODULE,
    Platform.AWS: aws.MODULE,
    Platform.VERCEL: vercel.MODULE,
    Platform.RAILWAY: railway.MODULE,
    Platform.RENDER: render.MODULE,
    Platform.FLY: fly.MODULE,
    Platform.HEROKU: heroku.MODULE,
}


def traits_of(platform: Platform) -> PlatformTraits:
    """What a platform can do."""
    return (CLOUDS.get(platform) or PLATFORMS[platform]).traits
