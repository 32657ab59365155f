"""From code and settings to a version of a function: AWS takes one change at a time, and each takes its time."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from builds.bundlers.aws_lambda import HANDLER, RUNTIME, archive
from builds.runner.progress import Progress
from clients.aws_lambda import Function, FunctionSettings, Lambda, RoleNotReadyError, StoredCode
from clients.vendor_api import heeding
from core.errors import PlatformError, ProjectError
from deployments.platforms.aws_site import Site, bucket_of
from deployments.platforms.cloud import Memory, Release
from deployments.platforms.pauses import looks

_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class Code:
    """`sha256` is written as AWS writes it."""

    stored: StoredCode
    sha256: str

    def is_in(self, function: Function) -> bool:
        return function.code_sha256 == self.sha256 and function.architecture == self.stored.architecture


def uploaded(site: Site, release: Release, function: Function | None, memory: Memory, progress: Progress) -> Code:
    """The bundle as a zip whose name is its content's; nothing is sent that is there."""
    content = archive(release.bundle)
    digest = sha256(content)
    bucket, prefix = bucket_of(site, memory)
    stored = StoredCode(bucket.name, f"{prefix}{digest.hexdigest()}.zip", site.config.architecture)
    code = Code(stored, base64.b64encode(digest.digest()).decode())
    if not (function and code.is_in(function)) and not bucket.holds(stored.key):
        progress.line(f"Uploading {len(content):,} bytes.")
        bucket.put(stored.key, content)
    return code


def settings_of(site: Site, release: Release, role: str) -> FunctionSettings:
    """The description names the deployment: each is a version of its own, and is found again by it."""
    config = site.config
    return FunctionSettings(
        role,
        RUNTIME,
        HANDLER,
        config.memory,
        config.timeout,
        f"Dexto Cloud deployment {release.deployment}",
        dict(release.variables),
    )


def published(site: Site, settings: FunctionSettings, code: Code, function: Function | None, progress: Progress) -> str:
    """The number of the version that has this code and these settings."""
    pause = heeding(progress.check)
    if function is None:
        _create(site, settings, code, pause)
    for _look in looks(pause, seconds=_SECONDS):
        if function is None or not function.is_settled:
            function = _settled(site.function, pause)
        if not code.is_in(function):
            site.function.change_code(code.stored)
        elif function.settings != settings:
            site.function.change_settings(settings)
        elif version := site.function.publish(code.sha256, function.revision):
            return version
        function = None
    raise PlatformError("vendor_failed", f"AWS has not made the version after {_SECONDS:.0f} s.")


def found_version(site: Site, settings: FunctionSettings) -> str:
    """What an attempt made whose answer was lost; "" where there is none."""
    made = (number for number, description in site.function.versions() if description == settings.description)
    return next(made, "")


def _create(site: Site, settings: FunctionSettings, code: Code, pause: Callable[[float], None]) -> None:
    for _look in looks(pause, seconds=60, first=0.5):
        try:
            site.function.create(settings, code.stored, site.mark)
        except RoleNotReadyError:
            continue
        return
    raise PlatformError("vendor_failed", f"AWS does not let the function run as {settings.role}.")


def _settled(function: Lambda, pause: Callable[[float], None]) -> Function:
    for _look in looks(pause, seconds=_SECONDS):
        found = function.configuration()
        if found.reason:
            raise ProjectError("release_unhealthy", f"AWS cannot run the function: {found.reason}.", "Look at its log.")
        if found.is_settled:
            return found
    raise PlatformError("vendor_failed", f"AWS has not taken the change after {_SECONDS:.0f} s.")
