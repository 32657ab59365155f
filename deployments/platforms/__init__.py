"""Where bundles run: one module per platform, each with the same shape and a table of what it can do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import Final

from core.targets import Platform
from deployments.platforms import local
from deployments.platforms.cloud import CloudModule
from deployments.platforms.contract import PlatformModule, PlatformTraits

PLATFORMS: Final[Mapping[Platform, PlatformModule]] = {
    Platform.LOCAL: PlatformModule(local.TRAITS, local.release),
}
#: Those of vendors, as they are listed to people. Adding one is its module and its name here.
_OF_VENDORS: Final = (
    Platform.CLOUDFLARE,
    Platform.AWS,
    Platform.VERCEL,
    Platform.RAILWAY,
    Platform.RENDER,
    Platform.FLY,
    Platform.HEROKU,
)


class Clouds(MutableMapping[Platform, CloudModule]):
    """Each is loaded when it is first asked for: vendors' clients are megabytes, and most installations use one."""

    def __init__(self) -> None:
        self._named: dict[Platform, CloudModule | None] = dict.fromkeys(_OF_VENDORS)

    def __getitem__(self, platform: Platform) -> CloudModule:
        module = self._named[platform]
        if module is None:
            module = self._named[platform] = import_module(f"{__name__}.{platform.value}").MODULE
        return module

    def __setitem__(self, platform: Platform, module: CloudModule) -> None:
        self._named[platform] = module

    def __delitem__(self, platform: Platform) -> None:
        del self._named[platform]

    def __contains__(self, platform: object) -> bool:
        return platform in self._named

    def __iter__(self) -> Iterator[Platform]:
        return iter(self._named)

    def __len__(self) -> int:
        return len(self._named)


CLOUDS: Final = Clouds()


def traits_of(platform: Platform) -> PlatformTraits:
    """What a platform can do."""
    return (PLATFORMS.get(platform) or CLOUDS[platform]).traits
