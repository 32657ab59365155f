"""Judges pushes from outside: what git's refs say, against what the agents answer and the API tells."""

from __future__ import annotations

import http.client
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any, Final

from bench.installation import Installation, until
from core.errors import DextoError

_ACTIVE: Final = ("queued", "building", "deploying")
_LISTENING: Final = "00010000"  # of /proc/net/unix


@dataclass(frozen=True, slots=True)
class Pushed:
    """One commit that git took. `newest` says that its branch points at it still."""

    slug: str
    branch: str
    commit: str
    newest: bool = True


@dataclass(slots=True)
class Verdict:
    builds: int = 0
    lost: int = 0
    duplicated: int = 0
    stuck: int = 0
    wrong_alias: int = 0
    leaked: int = 0

    def __add__(self, other: Verdict) -> Verdict:
        return Verdict(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    def __str__(self) -> str:
        return " ".join(f"{name} {getattr(self, name)}" for name in self.__slots__)

    @property
    def good(self) -> bool:
        return self.lost == self.duplicated == self.stuck == self.wrong_alias == self.leaked == 0


@dataclass(frozen=True, slots=True)
class Judge:
    found: Installation

    def judge(self, pushes: list[Pushed], *, seconds: float) -> Verdict:
        """Waits until every push has its end, at most so long; then counts."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not all(self._settled(one) for one in pushes):
            Event().wait(0.25)
        verdict = Verdict(builds=len(pushes))
        for pushed in pushes:
            self._count(pushed, verdict)
        return verdict

    def leaked(self, secret: str) -> int:
        """How many places show the secret that every agent was given: logs of all kinds, and what agents answer."""
        places = [path for path in self.found.data.rglob("*.log") if secret.encode() in path.read_bytes()]
        for path in places:
            print(f"    leaked: {path}", flush=True)
        return len(places)

    def _settled(self, pushed: Pushed) -> bool:
        try:
            rows = self._deployments(pushed)
        except DextoError:
            return False
        ended = bool(rows) and all(row["status"] not in _ACTIVE for row in rows)
        return ended and (not pushed.newest or self._answer(self._branch_url(rows)) == pushed.commit)

    def _count(self, pushed: Pushed, verdict: Verdict) -> None:
        rows: list[dict[str, Any]] = until(lambda: [self._deployments(pushed)], "the API")[0]
        states = [row["status"] for row in rows]
        wanted = ("ready",) if pushed.newest else ("ready", "superseded")
        if any(state in _ACTIVE for state in states):
            self._say(pushed, verdict, "stuck", f"it is {states}")
        elif not any(state in wanted for state in states):
            self._say(pushed, verdict, "lost", f"it is {states} {[row['error'] for row in rows]}")
        if len(rows) > 1 or any(self._times_done(row) > 1 for row in rows):
            self._say(pushed, verdict, "duplicated", f"{[(row['id'], self._times_done(row)) for row in rows]}")
        if pushed.newest and "ready" in states and self._answer(self._branch_url(rows)) != pushed.commit:
            self._say(pushed, verdict, "wrong_alias", f"{self._branch_url(rows)} answers something else")

    def _say(self, pushed: Pushed, verdict: Verdict, what: str, why: str) -> None:
        setattr(verdict, what, getattr(verdict, what) + 1)
        print(f"    {what}: {pushed.slug} {pushed.branch} {pushed.commit[:7]}: {why}", flush=True)

    def _deployments(self, pushed: Pushed) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.found.api.get(
            f"projects/{pushed.slug}/deployments", commit=pushed.commit, branch=pushed.branch
        )
        return rows

    def _times_done(self, row: dict[str, Any]) -> int:
        """How often it went live by its log, or how many agents listen for it, whichever is more."""
        lines = self.found.api.get(f"deployments/{row['id']}/logs/release")["lines"]
        socket = f"/{row['id']}/agent.sock"
        table = [line.split() for line in Path("/proc/net/unix").read_text(errors="replace").splitlines()]
        listening = [one for one in table if len(one) > 7 and one[3] == _LISTENING and one[7].endswith(socket)]
        return max(sum(line["text"] == "Ready." for line in lines), len(listening))

    def _branch_url(self, rows: list[dict[str, Any]]) -> str:
        return next((str(row["urls"]["branch"]) for row in rows if "branch" in row["urls"]), "")

    def _answer(self, url: str) -> str:
        """The commit that an agent says it is of."""
        try:
            return str(self.found.ask(url).json["commit"]) if url else ""
        except (OSError, http.client.HTTPException, ValueError):
            return ""
