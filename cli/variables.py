"""`dexto-cloud env`: a project's variables. Values come from a prompt, a pipe or a file, never from an argument."""

from __future__ import annotations

import json as jsons
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cli.client import Api, own_api
from cli.link import OfProject
from cli.showing import Json, ProjectName, show
from cli.words import EnvironmentName
from core.dotenv import parsed, quoted

app = typer.Typer(no_args_is_help=True, help="Environment variables.")

Environment = Annotated[EnvironmentName, typer.Option("--env", "--environment", help="Which of a project's.")]
Branch = Annotated[str, typer.Option(help="Only for deployments of this branch.")]
Plain = Annotated[bool, typer.Option("--plain", help="No secret: shown to the team, and not taken out of logs.")]


@app.command("ls", cls=OfProject)
@app.command("list", cls=OfProject, hidden=True)
def list_variables(project: ProjectName, json: Json = False) -> None:
    """Names and environments, and the values of plain ones; those of secrets are never shown again."""
    found = own_api().list(f"projects/{project}/variables")
    if json:
        typer.echo(jsons.dumps(found, indent=2))
        return
    table = Table("name", "environment", "branch", "value", "updated at", box=None, pad_edge=False)
    for one in found:
        value = "(secret)" if one["secret"] else one["value"]
        table.add_row(one["name"], one["environment"], one["branch"], value, one["updated_at"])
    Console().print(table)


@app.command("add", cls=OfProject)
@app.command("set", cls=OfProject, hidden=True)
def add_variable(
    project: ProjectName,
    name: Annotated[str, typer.Argument(help="The variable's name.")],
    environment: Environment = EnvironmentName.PRODUCTION,
    branch: Branch = "",
    plain: Plain = False,
    json: Json = False,
) -> None:
    """Set a value. It is asked for, or read from a pipe: in an argument everyone on the machine could read it."""
    stdin = typer.get_text_stream("stdin")
    value = typer.prompt("Value", hide_input=not plain) if stdin.isatty() else stdin.read()
    _set(own_api(), project, name, value.rstrip("\n"), environment=environment, branch=branch, plain=plain)
    words = f"{name} is set for {environment}. Deployments that are made from now on have it."
    show({"names": [name], "environment": environment}, json, words)


@app.command("rm", cls=OfProject)
@app.command("remove", cls=OfProject, hidden=True)
def remove_variable(
    project: ProjectName,
    name: Annotated[str, typer.Argument(help="The variable's name.")],
    environment: Environment = EnvironmentName.PRODUCTION,
    branch: Branch = "",
    json: Json = False,
) -> None:
    """Remove a variable; deployments that exist keep theirs."""
    own_api().delete(f"projects/{project}/variables/{name}", environment=environment, branch=branch)
    show({"names": [name], "environment": environment}, json, f"{name} is removed from {environment}.")


@app.command("import", cls=OfProject)
def import_variables(
    project: ProjectName,
    file: Annotated[Path, typer.Argument(help="A .env file.", exists=True, dir_okay=False)],
    environment: Environment = EnvironmentName.PRODUCTION,
    branch: Branch = "",
    plain: Plain = False,
    json: Json = False,
) -> None:
    """Set every variable of a .env file."""
    values = parsed(file.read_text(encoding="utf-8"), str(file))
    api = own_api()
    for name, value in values.items():
        _set(api, project, name, value, environment=environment, branch=branch, plain=plain)
    words = f"{len(values)} variables are set for {environment}."
    show({"names": list(values), "environment": environment}, json, words)


@app.command("pull", cls=OfProject)
def pull_variables(
    project: ProjectName,
    environment: Environment = EnvironmentName.DEVELOPMENT,
    branch: Branch = "",
    json: Json = False,
) -> None:
    """Write a .env file of an environment to standard output. Secrets stay where they are: their lines are empty."""
    listed = own_api().list(f"projects/{project}/variables")
    found = [one for one in listed if (one["environment"], one["branch"]) == (environment, branch)]
    if json:
        typer.echo(jsons.dumps(found, indent=2))
        return
    for one in found:
        typer.echo(f"# {one['name']} is a secret" if one["secret"] else f"{one['name']}={quoted(one['value'])}")


def _set(api: Api, project: str, name: str, value: str, **place: Any) -> None:
    body = {"name": name, "value": value, "environment": place["environment"], "branch": place["branch"]}
    api.post(f"projects/{project}/variables", {**body, "secret": not place["plain"]})
