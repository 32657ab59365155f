#!/usr/bin/env python
"""Django's command line. The composition root lies below platform/, which is a path, not a package."""

import os
import sys
from pathlib import Path

if __name__ == "__main__":
    # Appended, never prepended: the standard library's own `platform` must win.
    sys.path.append(str(Path(__file__).parent / "platform"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dexto_cloud.settings")
    from dexto_cloud.managing import main

    main(sys.argv)
