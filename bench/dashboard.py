"""`make bench-dashboard`: how long each page takes with 1,000 projects and 100,000 deployments; the last line is JSON.

Server time alone: the request comes from within the process, the rows are in a real PostgreSQL. Exits 1 if a number is
missed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from dexto_cloud.embedded.up import UpOptions, start


def main() -> int:
    """The engines first, then a process of its own: Django reads at its start where they are."""
    base = "/var/lib/dexto-cloud" if os.geteuid() == 0 else None
    if base:
        Path(base).mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=base))
    folder.chmod(0o755)
    running = start(UpOptions(folder, port=0, durable=False, engines_only=True), lambda _event: None)
    settings = {"DJANGO_SETTINGS_MODULE": "dexto_cloud.settings", "DEXTO_DATABASE_POOL": "0"}
    try:
        environment = {**os.environ, **running.environment, **settings}
        return subprocess.run(
            [sys.executable, "-m", "bench.pages", *sys.argv[1:]], env=environment, check=False
        ).returncode
    finally:
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
