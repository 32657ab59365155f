"""run: a bundle of any target on this machine. The local platform starts the very same processes. No Django."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.showing import show
from deployments.runners import foreground
from deployments.runners.contract import Listen
from deployments.runners.env_file import read_env_file

app = typer.Typer()
#: What the runtime reads beside the variables that the agent's configuration names.
_OWN = ("DEXTO_", "AGENT_CONFIG_SOURCE")


@app.command()
def run(
    folder: Annotated[Path, typer.Argument(help="A bundle, as `build` writes it.", exists=True, file_okay=False)],
    port: Annotated[int, typer.Option(help="Where it answers.")] = 3000,
    host: Annotated[
        str, typer.Option(help="Whom it answers: 0.0.0.0 is everyone who reaches this machine.")
    ] = "127.0.0.1",
    socket: Annotated[Path | None, typer.Option(help="Answer at a unix socket instead.")] = None,
    env_file: Annotated[Path | None, typer.Option(help="Variables, one NAME=value a line.", exists=True)] = None,
    state: Annotated[
        Path | None, typer.Option(help="Where the agent's memory is kept; else beside the bundle.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Say as JSON on stdout where it serves, then run.")] = False,
) -> None:
    """Run a bundle until Ctrl-C: conversations and uploads are kept, and are there again the next time."""
    required = foreground.manifest_of(folder).required_variables
    values = _variables(required, env_file)
    for name in required:
        if not values.get(name):
            typer.echo(f"{name} is not set: name a file with --env-file, or set it in the environment.", err=True)
    listen = Listen(port, host, socket.resolve() if socket else None)
    memory = state or folder.resolve().with_name(f"{folder.resolve().name}.state")
    launch = foreground.launch_of(folder, listen, values, memory)
    place = str(socket or f"http://{host}:{port}")
    show({"serving": place, "memory": str(memory)}, json, f"Serving {place}; memory in {memory}", err=not json)
    sys.exit(foreground.run(launch))


def _variables(required: tuple[str, ...], env_file: Path | None) -> dict[str, str]:
    """The file's, and of the environment only what the agent is known to read."""
    given = {name: value for name, value in os.environ.items() if name in required or name.startswith(_OWN)}
    return {**given, **(read_env_file(env_file) if env_file else {})}
