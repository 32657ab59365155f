"""Where a project goes, from a terminal: destinations, accounts, what runs at vendors, canaries, domains."""

from __future__ import annotations

import json as jsons
from typing import Annotated, Any

import typer

from cli import domains
from cli.client import own_api
from cli.exits import Exit
from cli.link import OfProject
from cli.showing import Json, ProjectName, show, table
from core.errors import UserError

app = typer.Typer()
accounts = typer.Typer(no_args_is_help=True, help="The team's accounts at vendors.")
services = typer.Typer(no_args_is_help=True, help="What a project runs at vendors.")
storages = typer.Typer(no_args_is_help=True, help="What keeps the memory of a project's agents.")
app.add_typer(accounts, name="account")
app.add_typer(services, name="service")
app.add_typer(storages, name="storage")
app.add_typer(domains.app, name="domains")
app.add_typer(domains.app, name="domain", hidden=True)

ServiceName = Annotated[str, typer.Argument(help="The service's name.")]
StorageName = Annotated[str, typer.Argument(help="The storage's name.")]
PlatformName = Annotated[str, typer.Argument(help="Such as cloudflare, or neon for memory.")]
AccountName = Annotated[str, typer.Argument(help="The account's name.")]


@app.command("destinations", cls=OfProject)
def list_destinations(project: ProjectName, json: Json = False) -> None:
    """Where a project's pushes go."""
    found = own_api().list(f"projects/{project}/destinations")
    table(found, json, ("name", "target", "platform", "environment", "branches", "may_fail", "declared_by"))


@app.command("pushes", cls=OfProject)
def list_pushes(project: ProjectName, json: Json = False) -> None:
    """What was pushed, and what all of its destinations came to."""
    found = own_api().get(f"projects/{project}/pushes")
    for one in [] if json else found:
        one["verdict"] = one["verdict"]["sentence"] if one["verdict"] else one["decision"]
        one["commit"] = one["commit"][:7]
    table(found, json, ("commit", "branch", "verdict", "message"))


@app.command("canary", cls=OfProject)
def set_canary(
    project: ProjectName,
    percent: Annotated[int, typer.Argument(min=0, max=99, help="Of a hundred requests; 0 ends it.")],
    deployment: Annotated[str, typer.Argument(help="The deployment that gets them.")] = "",
    destination: Annotated[str, typer.Option(help="Whose canary ends; else the default destination's.")] = "",
    json: Json = False,
) -> None:
    """Give a part of production's traffic to a deployment, where its platform can do that."""
    body = {"deployment": deployment, "percent": percent, "destination": destination}
    done = own_api().post(f"projects/{project}/canary", body)
    words = f"{done['percent']} % go to {done['deployment']}" if done["deployment"] else "there is no canary"
    show(done, json, f"{done['hostname']}: {words}")


@accounts.command("list")
def list_accounts(json: Json = False) -> None:
    """What each may do is as its vendor said; its values are never shown."""
    found = own_api().list("accounts")
    for one in [] if json else found:
        trouble = one["error"]["message"] if one["error"] else "; ".join(one["found"].get("missing", ()))
        one["state"] = trouble or "works"
    table(found, json, ("platform", "name", "state", "checked_at"))


@accounts.command("add")
def add_account(platform: PlatformName, name: AccountName = "main", json: Json = False) -> None:
    """Its fields are asked for, or read as JSON from a pipe: in an argument everyone on the machine could read them."""
    made = own_api().post("accounts", {"platform": platform, "name": name, "values": _values(platform)})
    show(made, json, _account(made))


@accounts.command("replace")
def replace_account(platform: PlatformName, name: AccountName = "main", json: Json = False) -> None:
    """Other values, asked for as by `add`, and checked with the vendor first; those before are revoked."""
    found = own_api().put(f"accounts/{platform}/{name}", {"values": _values(platform)})
    show(found, json, _account(found))


@accounts.command("check")
def check_account(platform: PlatformName, name: AccountName = "main", json: Json = False) -> None:
    """Ask the vendor again what it may do."""
    found = own_api().post(f"accounts/{platform}/{name}/check")
    show(found, json, _account(found))
    if found["error"]:
        raise typer.Exit(Exit.FAILED)


@accounts.command("remove")
def remove_account(platform: PlatformName, name: AccountName = "main", json: Json = False) -> None:
    """Its values are revoked."""
    own_api().delete(f"accounts/{platform}/{name}")
    show({"removed": f"{platform}/{name}"}, json, f"{platform}/{name} is removed.")


@services.command("list", cls=OfProject)
def list_services(project: ProjectName, json: Json = False) -> None:
    """What runs where, and what is not as it was left."""
    found = own_api().list(f"projects/{project}/services")
    table(found, json, ("name", "platform", "branch", "address", "drift"))


@services.command("inspect", cls=OfProject)
def inspect_service(project: ProjectName, service: ServiceName, json: Json = False) -> None:
    """Look at what is at the vendor."""
    found = own_api().post(f"projects/{project}/services/{service}/inspect")
    show(found, json, "It is looked at; `service list` shows what was found.")


@services.command("retry", cls=OfProject)
def retry_service(project: ProjectName, service: ServiceName, json: Json = False) -> None:
    """Make the vendor agree again."""
    found = own_api().post(f"projects/{project}/services/{service}/retry")
    show(found, json, "It is tried again.")


@services.command("delete", cls=OfProject)
def delete_service(project: ProjectName, service: ServiceName, json: Json = False) -> None:
    """With everything that was made for it at the vendor."""
    own_api().delete(f"projects/{project}/services/{service}")
    show({"deleting": service}, json, f"{service} is being deleted.")


@storages.command("list", cls=OfProject)
def list_storages(project: ProjectName, json: Json = False) -> None:
    """Which there are, also of destinations that were removed."""
    table(
        own_api().list(f"projects/{project}/storages"), json, ("name", "provider", "destination", "branch", "variables")
    )


@storages.command("delete", cls=OfProject)
def delete_storage(project: ProjectName, storage: StorageName, json: Json = False) -> None:
    """With everything in it, once no agent that serves has it."""
    own_api().delete(f"projects/{project}/storages/{storage}")
    show({"deleting": storage}, json, f"{storage} is being deleted.")


def _values(platform: str) -> dict[str, str]:
    stdin = typer.get_text_stream("stdin")
    return _asked(platform) if stdin.isatty() else _piped(stdin.read())


def _piped(text: str) -> dict[str, str]:
    """Raises UserError. Whatever it is, it is not shown."""
    try:
        values = jsons.loads(text)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise UserError(
            "values_unreadable", "What was piped in is no JSON object.", "Pipe one in, or run it in a terminal."
        )
    return values


def _asked(platform: str) -> dict[str, str]:
    vendors = [*own_api().get("platforms"), *own_api().get("storages")]
    known = {one.get("platform") or one["provider"]: one for one in vendors}
    fields = known[platform]["credential"] if platform in known else []
    return {
        field["name"]: typer.prompt(field["label"], hide_input=True, default=None if field["required"] else "")
        for field in fields
    }


def _account(account: dict[str, Any]) -> str:
    if account["error"]:
        return f"{account['platform']}/{account['name']}: {account['error']['message']} {account['error']['hint']}"
    found = account["found"]
    missing = [f"\n  missing: {one}" for one in found.get("missing", ())]
    can = ", ".join(found.get("can", ()))
    return f"{account['platform']}/{account['name']}: {found['name']} may {can}" + "".join(missing)
