"""`dexto-cloud completion`: what a shell reads to complete this command."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer
from typer._completion_shared import get_completion_script  # typer's own script, by its shell's name

from cli.showing import Json, show

app = typer.Typer()


class Shell(StrEnum):
    """Those that can be completed in."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


@app.command("completion")
def completion(shell: Annotated[Shell, typer.Argument(help="Whose script to print.")], json: Json = False) -> None:
    """Print the completion script of a shell; `dexto-cloud --install-completion` sets up the one you are in."""
    script = get_completion_script(prog_name="dexto-cloud", complete_var="_DEXTO_CLOUD_COMPLETE", shell=shell.value)
    show({"shell": shell.value, "script": script}, json, script)
