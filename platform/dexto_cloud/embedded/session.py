"""Everything from a terminal: start, show, stay. Whenever Ctrl-C comes, what runs by then is stopped in order."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Final

from dexto_cloud.embedded.screen import Screen
from dexto_cloud.embedded.up import Running, UpOptions, start
from dexto_cloud.embedded.welcome import Welcome, welcome

INTERRUPTED: Final = 130  # as shells say it


def run(options: UpOptions, screen: Screen, show: Callable[[Running, Welcome], None]) -> int:
    """The exit code. Raises UserError and PlatformError; nothing runs then."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C, also while things start
    try:
        running = start(options, screen.report)
        with running.stopped_at_exit():
            show(running, welcome(running))
            running.wait()
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0
