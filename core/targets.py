"""Where an agent can go: the kinds of bundle, the platforms they run on, and what each kind can do."""

from dataclasses import dataclass
from enum import StrEnum

MEGABYTE = 1_000_000


class Target(StrEnum):
    """A kind of bundle. It says how the agent is packed, not where it runs: that is a platform."""

    NODEJS = "nodejs"
    CLOUDFLARE = "cloudflare"
    LAMBDA = "lambda"
    VERCEL = "vercel"


class Platform(StrEnum):
    """A place where a bundle runs."""

    LOCAL = "local"
    CLOUDFLARE = "cloudflare"
    AWS = "aws"
    VERCEL = "vercel"
    RAILWAY = "railway"
    RENDER = "render"
    FLY = "fly"
    HEROKU = "heroku"


class Support(StrEnum):
    """How well a target carries a feature: as on a machine, within a request only, or not at all."""

    FULL = "full"
    WITHIN_REQUEST = "within request"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Traits:
    """What a target offers to an agent. Sizes are bytes of the unpacked bundle."""

    serverless: bool
    files: Support
    processes: Support
    native_modules: Support
    keeps_files: bool
    max_bundle_bytes: int
    #: The store that takes the place of files on disk, or "" where there is none.
    replaces_local_storage: str = ""


TRAITS: dict[Target, Traits] = {
    Target.NODEJS: Traits(
        serverless=False,
        files=Support.FULL,
        processes=Support.FULL,
        native_modules=Support.FULL,
        keeps_files=True,
        max_bundle_bytes=2_000 * MEGABYTE,
    ),
    Target.CLOUDFLARE: Traits(
        serverless=True,
        files=Support.NONE,
        processes=Support.NONE,
        native_modules=Support.NONE,
        keeps_files=False,
        max_bundle_bytes=10 * MEGABYTE,
        replaces_local_storage="the SQLite of the session's Durable Object",
    ),
    Target.LAMBDA: Traits(
        serverless=True,
        files=Support.WITHIN_REQUEST,
        processes=Support.WITHIN_REQUEST,
        native_modules=Support.WITHIN_REQUEST,
        keeps_files=False,
        max_bundle_bytes=250 * MEGABYTE,
    ),
    Target.VERCEL: Traits(
        serverless=True,
        files=Support.WITHIN_REQUEST,
        processes=Support.WITHIN_REQUEST,
        native_modules=Support.WITHIN_REQUEST,
        keeps_files=False,
        max_bundle_bytes=250 * MEGABYTE,
    ),
}

#: Which platforms run which kind of bundle; the first is the vendor's own where there is one.
PLATFORMS: dict[Target, tuple[Platform, ...]] = {
    Target.NODEJS: (Platform.LOCAL, Platform.RAILWAY, Platform.RENDER, Platform.FLY, Platform.HEROKU),
    Target.CLOUDFLARE: (Platform.CLOUDFLARE, Platform.LOCAL),
    Target.LAMBDA: (Platform.AWS, Platform.LOCAL),
    Target.VERCEL: (Platform.VERCEL, Platform.LOCAL),
}
