"""`make faults`: kills every process in the middle of pushes over git, then judges from outside.

    python -m bench.faults [--seed N] [--builds N] [--strikes N] [--faults worker,node]

Prints the seed, what each fault did, and last `builds N lost 0 duplicated 0 stuck 0 wrong_alias 0 leaked 0`; exits 1
otherwise. The full run is `make faults-full`: 220 builds and 20 of each fault.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random
from threading import Event

from dexto_cloud.demo.git_push import Checkout

from bench import projects
from bench.harm import FAULTS, Fault
from bench.installation import Installation, installation, until
from bench.judging import Judge, Pushed, Verdict

_PROJECTS = ("ada", "grace")
_STRIKES = 2  # of each fault, unless more are asked for
_SETTLE_SECONDS = 90
_RECOVERY_SECONDS = 60
_SECRET = f"never-shown-{secrets.token_hex(12)}"  # every agent has it; no log may
_SETTINGS = {"DEXTO_LEASE_SECONDS": "6"}  # what a killed worker held is given back so much later


@dataclass(frozen=True, slots=True)
class Plan:
    """Reproducible by its seed, as far as a race can be."""

    seed: int
    builds: int
    faults: tuple[Fault, ...]
    strikes: int = _STRIKES

    @property
    def pushes_each(self) -> int:
        """For one project and one fault."""
        return max(2, self.builds // (len(self.faults) * len(_PROJECTS)))

    @property
    def pause_seconds(self) -> float:
        """At most, between two pushes: so that there are some for each strike."""
        return max(0.4, 2 * self.strikes / self.pushes_each)


def main(arguments: Sequence[str]) -> int:
    plan = _plan(arguments)
    print(f"seed {plan.seed}", flush=True)
    with installation(settings=_SETTINGS, small_disk=True) as found:
        verdict = run(found, plan)
    print(verdict)
    return 0 if verdict.good else 1


def run(found: Installation, plan: Plan) -> Verdict:
    chance = Random(plan.seed)  # noqa: S311  # nothing secret
    checkouts = [_project(found, slug) for slug in _PROJECTS]
    total = Verdict()
    for fault in plan.faults:
        began = time.monotonic()
        pushes = _push_through(found, fault, checkouts, plan, chance)
        verdict = Judge(found).judge(pushes, seconds=_SETTLE_SECONDS)
        took = time.monotonic() - began
        print(f"  {fault.name:<10} strikes {plan.strikes} {verdict}  in {took:.1f} s", flush=True)
        total += verdict
        _tidy(checkouts, pushes)
    total.leaked = Judge(found).leaked(_SECRET)
    return total


def _push_through(
    found: Installation, fault: Fault, checkouts: list[Checkout], plan: Plan, chance: Random
) -> list[Pushed]:
    """Everybody pushes; the fault comes in between. Returns what git took, as git tells it."""
    with ThreadPoolExecutor(len(checkouts)) as pool:
        pushing = [
            pool.submit(_push_all, checkout, fault.name, plan, Random(chance.random()))  # noqa: S311
            for checkout in checkouts
        ]
        for _ in range(plan.strikes):
            Event().wait(chance.uniform(0.2, 1.5))
            with fault.harm(found, chance):
                Event().wait(chance.uniform(0.2, 2))
            # The next one strikes what has come back: otherwise twenty of them are one long outage.
            until(found.is_ready, "everything after a fault", seconds=_RECOVERY_SECONDS)
        made = [one.result() for one in pushing]
    pushes = []
    for checkout, commits in zip(checkouts, made, strict=True):
        heads = until(checkout.heads, "git's refs")
        assert all(heads[branch] == last for branch, last in dict(commits).items()), "git itself lost a push"
        pushes += [Pushed(_slug(checkout), branch, sha, newest=heads[branch] == sha) for branch, sha in commits]
    return pushes


def _push_all(checkout: Checkout, name: str, plan: Plan, chance: Random) -> list[tuple[str, str]]:
    """Branches and commits, in order: mostly branches of their own, now and then a second push to the same."""
    made: list[tuple[str, str]] = []
    for number in range(plan.pushes_each):
        again = bool(made) and chance.random() < 0.25
        branch = made[-1][0] if again else f"{name}-{number}"
        (checkout.folder / "VERSION").write_text(f"{name} {number} {chance.random()}")
        checkout.switch(branch)
        made.append((branch, checkout.commit(f"{name} {number}")))
        # As a person would: again, until git says that it is there. `until` forgives what failed.
        until(lambda branch=branch: checkout.push(branch) or True, f"a push of {branch}", seconds=120, pause=0.3)
        Event().wait(chance.uniform(0, plan.pause_seconds))
    return made


def _project(found: Installation, slug: str) -> Checkout:
    folder = found.data.parent / slug
    projects.write_small(folder)
    checkout = found.project(slug, folder)
    for environment in ("production", "preview"):
        variable = {"name": "BENCH_SECRET", "value": _SECRET, "environment": environment}
        found.api.post(f"projects/{slug}/variables", variable)
    checkout.commit("first")
    checkout.push("main")
    until(lambda: found.live_commit(slug) == checkout.head(), "production")
    return checkout


def _tidy(checkouts: list[Checkout], pushes: list[Pushed]) -> None:
    for checkout in checkouts:
        branches = {one.branch for one in pushes if one.slug == _slug(checkout)}
        until(lambda checkout=checkout, branches=branches: checkout.delete(*branches) or True, "the branches' end")


def _slug(checkout: Checkout) -> str:
    return checkout.folder.name


def _plan(arguments: Sequence[str]) -> Plan:
    parser = argparse.ArgumentParser(prog="make faults", description="Kills processes in the middle of pushes.")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--builds", type=int, default=90)
    parser.add_argument("--strikes", type=int, default=_STRIKES, help="how often each fault comes")
    parser.add_argument("--faults", default=",".join(FAULTS), help=f"some of {', '.join(FAULTS)}")
    options = parser.parse_args(arguments)
    return Plan(
        options.seed, options.builds, tuple(FAULTS[name] for name in options.faults.split(",")), options.strikes
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
