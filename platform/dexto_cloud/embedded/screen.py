"""What `up` and `demo` show on a terminal: one line per thing that got ready, then where to go."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict

from dexto_cloud.embedded.supervisor import Restarted
from dexto_cloud.embedded.up import Event_, Ready, Starting, Stopping
from dexto_cloud.embedded.welcome import Welcome

_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}

_ANEW = "\r\x1b[K"


class Screen:
    """Plain text where nobody looks; on a terminal some of it is colored."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._colored = sys.stdout.isatty()
        self._waiting: dict[str, None] = {}

    def report(self, event: Event_) -> None:
        if isinstance(event, Starting):
            self._waits_for(event.name)
        elif isinstance(event, Ready):
            self._waiting.pop(event.name, None)
            self.step(f"{event.name} is ready", seconds=event.seconds)
            self._waits_for(*self._waiting)
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
        self._write(f"{_ANEW if self._colored else ''}{text}\n")

    def _waits_for(self, *names: str) -> None:
        """In a last line, whose place the next one takes. What stays for weeks loads no library for that."""
        self._waiting |= dict.fromkeys(names)
        if self._colored and self._waiting:
            self._write(self.styled("dim", f"{_ANEW}… {', '.join(self._waiting)}"))

    def _write(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    def styled(self, style: str, text: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self._colored else text


class JsonScreen(Screen):
    """The same for programs: one JSON object in each line, the last of the start being `up`."""

    def report(self, event: Event_) -> None:
        known = {"event": type(event).__name__.lower(), **asdict(event)}
        self._write(f"{json.dumps(known)}\n")

    def welcome(self, found: Welcome) -> None:
        self._write(f"{json.dumps({'event': 'up', 'url': found.url, 'sign_in_url': found.sign_in_url})}\n")
