"""`python -m dexto_cloud.backup make|restore FILE`, in the environment of an installation whose engines run."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dexto_cloud.settings")
django.setup(set_prefix=False)

from core.errors import DextoError, UserError  # noqa: E402  # models exist only now
from dexto_cloud.backup.archive import make  # noqa: E402
from dexto_cloud.backup.restoring import restore  # noqa: E402

_VERBS = {"make": make, "restore": restore}


def main() -> int:
    try:
        about = _VERBS[sys.argv[1]](Path(sys.argv[2]))
    except DextoError as error:
        sys.stderr.write(f"{error.sentence} [{error.code}]\n  {error.next_step}\n")
        return 1 if isinstance(error, UserError) else 3
    sys.stdout.write(f"{json.dumps(about)}\n")
    return 0


sys.exit(main())
