"""vercel: a launcher in Node serves the Build Output folder."""

from __future__ import annotations

from builds import tools
from builds.bundlers.vercel import OUTPUT
from builds.node_program import node_program
from deployments.runners.contract import NODE_FLAGS, Launch, RunSpec, base_environment

LAUNCHER = tools.RUNTIME / "launchers" / "vercel.mjs"


def launch(spec: RunSpec) -> Launch:
    """Files that a function writes are gone with it there, and stay in the state's folder here."""
    node = node_program()
    return Launch(
        argv=(str(node), *NODE_FLAGS, str(LAUNCHER), str(spec.folder / OUTPUT)),
        folder=spec.state,
        environment={"VERCEL": "1", **spec.variables, **base_environment(spec), **spec.listen.environment},
        reads=(node, LAUNCHER, spec.folder),
        writes=(spec.state,),
    )
