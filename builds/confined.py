"""A build's commands, in this installation's sandbox."""

from __future__ import annotations

from dataclasses import dataclass, replace

from builds.runner.commands import Command, Outcome
from builds.runner.confinement import Needs
from builds.runner.progress import Progress
from builds.sandbox.contract import Limits, Network, Sandbox, Specification


@dataclass(frozen=True, slots=True)
class Confined:
    """The first folder that a command writes to is its own; the limit that ends it is what the build fails with."""

    sandbox: Sandbox
    limits: Limits

    def run(self, command: Command, needs: Needs, progress: Progress) -> Outcome:
        outcome = self.sandbox.run(self._specification(command, needs), check=progress.check, line=progress.line)
        if outcome.exceeded is not None:
            raise outcome.exceeded
        return Outcome(outcome.exit_code, outcome.output, outcome.last_lines)

    def _specification(self, command: Command, needs: Needs) -> Specification:
        folder, *others = needs.writes
        return Specification(
            tuple(map(str, command.argv)),
            folder,
            replace(self.limits, seconds=command.seconds),
            writable=tuple(others),
            readable=needs.reads,
            environment=command.environment,
            network=Network.REGISTRIES if needs.registry else Network.NONE,
            stdin=command.stdin,
            starts_in=command.folder,
        )
