"""`dexto-cloud up`, without what the other commands load."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from cli.exits import ended_by
from core.errors import DextoError
from dexto_cloud.embedded.screen import JsonScreen, Screen
from dexto_cloud.embedded.session import run
from dexto_cloud.embedded.up import UpOptions


def main() -> int:
    parser = argparse.ArgumentParser(prog="dexto-cloud up")
    parser.add_argument("--port", type=int)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    screen = JsonScreen() if options.json else Screen()
    try:
        return run(UpOptions(options.data, options.port), screen, lambda _running, found: screen.welcome(found))
    except DextoError as error:
        return ended_by(error, json=options.json)


sys.exit(main())
