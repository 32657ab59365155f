"""`dexto-cloud domains`: hostnames of the team's own."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.client import own_api
from cli.link import OfProject
from cli.showing import Json, ProjectName, show, table

app = typer.Typer(no_args_is_help=True, help="Hostnames of your own.")

Hostname = Annotated[str, typer.Argument(help="Such as chat.example.com.")]


@app.command("ls", cls=OfProject)
@app.command("list", cls=OfProject, hidden=True)
def list_domains(project: ProjectName, json: Json = False) -> None:
    """Each with where it stands."""
    table(own_api().list(f"projects/{project}/domains"), json, ("hostname", "destination", "state", "detail"))


@app.command("add", cls=OfProject)
def add_domain(
    project: ProjectName,
    hostname: Hostname,
    destination: Annotated[str, typer.Option(help="Else the default one.")] = "",
    json: Json = False,
) -> None:
    """It serves once its DNS records were seen."""
    made = own_api().post(f"projects/{project}/domains", {"hostname": hostname, "destination": destination})
    lines = _records(made)
    words = ["Set these records:", *lines] if lines else ["Its records are shown by `domains ls` once they are known."]
    show(made, json, "\n".join(words))


@app.command("verify", cls=OfProject)
def verify_domain(project: ProjectName, hostname: Hostname, json: Json = False) -> None:
    """Look at its DNS now, instead of within the minute."""
    found = own_api().post(f"projects/{project}/domains/{hostname}")
    lines = [f"{hostname} is looked at. It was {found['state']}. {found['detail']}".strip(), *_records(found)]
    show(found, json, "\n".join(lines))


@app.command("rm", cls=OfProject)
@app.command("remove", cls=OfProject, hidden=True)
def remove_domain(project: ProjectName, hostname: Hostname, json: Json = False) -> None:
    """It serves nothing from now on."""
    own_api().delete(f"projects/{project}/domains/{hostname}")
    show({"removed": hostname}, json, f"{hostname} is removed.")


def _records(domain: dict[str, Any]) -> list[str]:
    return [f"{one['type']:<6} {one['name']}  {one['value']}" for one in domain["records"]]
