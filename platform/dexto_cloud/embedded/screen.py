"""What `up` and `demo` show on a terminal: one line per thing that got ready, then where to go."""

from __future__ import annotations

import sys
import time

from dexto_cloud.embedded.supervisor import Restarted
from dexto_cloud.embedded.up import Event_, Ready, Stopping
from dexto_cloud.embedded.welcome import Welcome

_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}


class Screen:
    """Plain text where nobody looks; on a terminal some of it is colored."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._colored = sys.stdout.isatty()

    def report(self, event: Event_) -> None:
        if isinstance(event, Ready):
            self.step(f"{event.name} is ready", seconds=event.seconds)
        elif isinstance(event, Restarted):
            self.say(self.styled("yellow", f"{event.name} ended with {event.exit_code} and was started again"))
        elif isinstance(event, Stopping):
            self.say("Stopping…")

    def step(self, text: str, *, seconds: float) -> None:
        self.say(f"{self.styled('green', '✓')} {text} {self.styled('dim', f'{seconds:.1f} s')}")

    def welcome(self, found: Welcome) -> None:
        total = time.monotonic() - self._began
        self.say(f"\n{self.styled('bold', 'Dexto Cloud is up')} {self.styled('dim', f'after {total:.1f} s')}")
        self.addresses(found)
        self.say("\nCtrl-C stops everything.")

    def addresses(self, found: Welcome) -> None:
        self.say(f"  Dashboard  {found.url}")
        self.say(f"  Sign in    {found.sign_in_url}")

    def say(self, text: str) -> None:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def styled(self, style: str, text: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self._colored else text
