"""docs/cli.md, from the commands themselves: `make cli-reference` writes it, and a test compares it with the code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import typer
from typer._click.core import Command
from typer.core import TyperGroup

from cli.exits import Exit
from cli.main import complete
from dexto_cloud import command as root  # noqa: F401  it adds its own to the app

_TOP: Final = """\
# Command line

Written by `make cli-reference` from the commands themselves. Where a command's first argument is a project, a folder
that `dexto-cloud link` linked gives it when one argument is missing.

## How a command ends

| Code | Meaning |
|---|---|
"""

_ERRORS: Final = """
An error is a sentence with its code, and the next step; `dexto-cloud explain CODE` says more. With `--json` it is one
JSON object, in the last line of standard error: `code`, `message` and `hint`, with `file`, `line` and `column` where it
has a place, as the API answers it. Where a project has errors, `findings` are all of them. `command_mistyped` is the
code of a command that ends with 2. What is said on the way, such as the log of `deploy`, comes before it.
"""


def reference() -> str:
    """Markdown: how a command ends, then every command that is shown."""
    ends = "".join(f"| {one.value} | {one.meaning} |\n" for one in Exit)
    after = "\n`dexto-cloud run` ends as the agent's process does.\n\n"
    commands = _commands(typer.main.get_command(complete()), "dexto-cloud")
    return _TOP + ends + _ERRORS + after + "\n".join(_section(words, command) for words, command in commands)


def _commands(command: Command, words: str) -> Iterator[tuple[str, Command]]:
    if not isinstance(command, TyperGroup):
        yield words, command
        return
    for name, one in sorted(command.commands.items()):
        if not one.hidden:
            yield from _commands(one, f"{words} {name}")


def _section(words: str, command: Command) -> str:
    context = typer.Context(command, info_name=words)
    usage = " ".join([words, *command.collect_usage_pieces(context)])
    records = [found for one in command.params if (found := one.get_help_record(context))]
    described = [f"- `{name}`: {text}".rstrip(": ") for name, text in records]
    lines = [f"## {words}", "", command.help or "", "", "```", usage, "```", "", *described]
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    typer.echo(reference(), nl=False)
