"""`manage.py ensure_bucket`, once per installation, after `migrate`."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from builds.storage import object_store
from projects.commands import QuickCommand


class Command(QuickCommand):
    help = "Makes the bucket where it is missing, which also proves that its address and credentials are right."

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        object_store().ensure_bucket()
        self.stdout.write(f"The bucket {settings.S3_BUCKET} is there.")
