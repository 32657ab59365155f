"""What `up` and `demo` show on a terminal: one line per thing that got ready, then where to go."""

from __future__ import annotations

import time

from rich.console import Console

from dexto_cloud.embedded.supervisor import Restarted
from dexto_cloud.embedded.up import Event_, Ready, Stopping
from dexto_cloud.welcome import Welcome


class Screen:
    def __init__(self) -> None:
        self._console = Console(highlight=False)
        self._began = time.monotonic()

    def report(self, event: Event_) -> None:
        if isinstance(event, Ready):
            self.step(f"{event.name} is ready", seconds=event.seconds)
        elif isinstance(event, Restarted):
            self.say(f"[yellow]{event.name} ended with {event.exit_code} and was started again[/]")
        elif isinstance(event, Stopping):
            self.say("Stopping…")

    def step(self, text: str, *, seconds: float) -> None:
        self._console.print(f"[green]✓[/] {text} [dim]{seconds:.1f} s[/]")

    def say(self, text: str) -> None:
        self._console.print(text)

    def welcome(self, found: Welcome) -> None:
        total = time.monotonic() - self._began
        self._console.print(f"\n[bold]Dexto Cloud is up[/] [dim]after {total:.1f} s[/]")
        self.addresses(found)
        self._console.print("\nCtrl-C stops everything.")

    def addresses(self, found: Welcome) -> None:
        self._console.print(f"  Dashboard  {found.url}", soft_wrap=True)
        self._console.print(f"  Sign in    {found.sign_in_url}", soft_wrap=True)
