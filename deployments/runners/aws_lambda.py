"""lambda: a Runtime API of our own calls the handler in processes of Node, behind plain HTTP."""

from __future__ import annotations

import sys
from pathlib import Path

from builds import tools
from builds.bundlers.aws_lambda import HANDLER
from builds.node_program import node_program
from deployments.runners.contract import Launch, RunSpec, base_environment

LAUNCHER = tools.RUNTIME / "launchers" / "lambda.mjs"


def launch(spec: RunSpec) -> Launch:
    """The service is a process of Python; the handler's variables go through it to each process of Node."""
    node = node_program()
    function = {
        "AWS_LAMBDA_FUNCTION_NAME": "agent",
        "AWS_EXECUTION_ENV": "AWS_Lambda_nodejs24.x",
        "LAMBDA_TASK_ROOT": str(spec.folder),
        "_HANDLER": HANDLER,
    }
    argv = (sys.executable, "-P", "-m", "deployments.runners.lambda_service", str(node), str(LAUNCHER))
    return Launch(
        argv=argv,
        folder=spec.state,
        environment={
            "AWS_REGION": "us-east-1",
            **spec.variables,
            **function,
            **base_environment(spec),
            **spec.listen.environment,
        },
        reads=(node, LAUNCHER, spec.folder, Path(sys.prefix), tools.RUNTIME.parent),
        writes=(spec.state,),
    )
