"""nodejs: Node runs the bundle's one file."""

from __future__ import annotations

from builds.node_program import node_program
from deployments.runners.contract import NODE_FLAGS, Launch, RunSpec, base_environment


def launch(spec: RunSpec) -> Launch:
    """In the state's folder: paths that a project leaves relative are files to keep."""
    node = node_program()
    return Launch(
        argv=(str(node), *NODE_FLAGS, str(spec.folder / spec.entry)),
        folder=spec.state,
        environment={**spec.variables, **base_environment(spec), **spec.listen.environment},
        reads=(node, spec.folder),
        writes=(spec.state,),
    )
