"""What `up` and `demo` show on a terminal: one line per thing that got ready, then where to go."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from dataclasses import asdict

from dexto_cloud.embedded.supervisor import Restarted
from dexto_cloud.embedded.up import Event_, Ready, Starting, Stopping
from dexto_cloud.embedded.welcome import Welcome

_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}

_ANEW = "\r\x1b[K"


class Screen:
    """Plain text where nobody looks; on a terminal the last line is written anew, and some of it is colored."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._rewrites = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
        self._colored = self._rewrites and not os.environ.get("NO_COLOR")
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
        words = f"{self.styled('green', '✓')} {text} {self.styled('dim', f'{seconds:.1f} s')}"
        self.tell(words, event="step", text=text, seconds=seconds)

    def welcome(self, found: Welcome) -> None:
        total = time.monotonic() - self._began
        title = f"\n{self.styled('bold', 'Dexto Cloud is up')} {self.styled('dim', f'after {total:.1f} s')}"
        words = [title, *addresses_of(found), "\nCtrl-C stops everything."]
        self.tell("\n".join(words), event="up", url=found.url, sign_in_url=found.sign_in_url)

    def say(self, text: str) -> None:
        self._write(f"{_ANEW if self._rewrites else ''}{text}\n")

    def tell(self, words: str, /, **_known: object) -> None:
        """Words for people; what is known beside them is the same for programs."""
        self.say(words)

    def _waits_for(self, *names: str) -> None:
        """In a last line, whose place the next one takes. What stays for weeks loads no library for that."""
        self._waiting |= dict.fromkeys(names)
        if self._rewrites and self._waiting:
            width = shutil.get_terminal_size().columns - 1  # what went on in a second line could not be taken back
            self._write(_ANEW + self.styled("dim", f"… {', '.join(self._waiting)}"[:width]))

    def _write(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    def styled(self, style: str, text: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self._colored else text


class JsonScreen(Screen):
    """The same for programs: one JSON object in each line, the last of the start being `up` or `demo`."""

    def report(self, event: Event_) -> None:
        self.tell("", event=type(event).__name__.lower(), **asdict(event))

    def tell(self, _words: str, /, **known: object) -> None:
        self._write(f"{json.dumps(known)}\n")


def addresses_of(found: Welcome) -> list[str]:
    return [f"  Dashboard  {found.url}", f"  Sign in    {found.sign_in_url}"]
