"""A worker of its own process, which knows the small vendor: to be killed in the middle of what it does."""

from __future__ import annotations

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dexto_cloud.settings")


def main(kind: str) -> None:
    django.setup()
    from deployments.platforms import CLOUDS  # noqa: PLC0415  # Django first
    from deployments.storage import STORAGES  # noqa: PLC0415
    from projects import operations  # noqa: PLC0415
    from tests.deployments.cloud import near_neon, tiny  # noqa: PLC0415

    CLOUDS[tiny.PLATFORM] = tiny.MODULE
    STORAGES[near_neon.NAME] = near_neon.MODULE
    operations.work(kind)


if __name__ == "__main__":
    main(sys.argv[1])
