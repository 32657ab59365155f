"""`dexto-cloud notifications`: who is told of what happens. An address comes from a prompt or a pipe, never from an
argument: who has a chat's URL may write there."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.client import Api, own_api
from cli.exits import Exit
from cli.meaning import named
from cli.showing import Json, show, table
from cli.words import NotificationKind
from core.errors import UserError

app = typer.Typer()
notifications = typer.Typer(no_args_is_help=True, help="Who is told of what happens.")
app.add_typer(notifications, name="notifications")

Target = Annotated[str, typer.Argument(help="Its id or its name, as `notifications ls` shows them.")]


@notifications.command("ls")
@notifications.command("list", hidden=True)
def list_targets(json: Json = False) -> None:
    """Each with its events; what of an address is a secret is never shown."""
    table(own_api().list("notifications"), json, ("id", "kind", "name", "project", "events", "shown", "paused"))


@notifications.command("add")
def add_target(
    kind: Annotated[NotificationKind, typer.Argument(help="How they are told.")],
    name: Annotated[str, typer.Argument(help="Who is told, such as on-call.")],
    event: Annotated[list[str], typer.Option(help="Such as deployment.failed; may be repeated.")],
    project: Annotated[str, typer.Option(help="Of this project only; else of all of the team's.")] = "",
    json: Json = False,
) -> None:
    """Tell somebody of events from now on. The address is asked for, or read from a pipe; the secret that signs what a
    webhook is sent is printed this once."""
    body = {"kind": kind, "name": name, "events": event, "project": project, "address": _address(kind)}
    made = own_api().post("notifications", body)
    signed = f"\nIts secret, which is not shown again: {made['secret']}" if made["secret"] else ""
    show(made, json, f"{made['name']} is told of {', '.join(made['events'])}, at {made['shown']}.{signed}")


@notifications.command("rm")
@notifications.command("remove", hidden=True)
def remove_target(target: Target, json: Json = False) -> None:
    """It is told nothing more, and its address is forgotten."""
    api = own_api()
    found = _target(api, target)
    api.delete(f"notifications/{found['id']}")
    show({"removed": found["id"], "name": found["name"]}, json, f"{found['name']} is told nothing more.")


@notifications.command("test")
def test_target(target: Target, json: Json = False) -> None:
    """Send it a message now, and say what the receiver answered."""
    api = own_api()
    found = _target(api, target)
    sent = api.post(f"notifications/{found['id']}/test")
    answer = " ".join(str(one) for one in (sent["answer_status"], sent["answer"]) if one)
    show(sent, json, f"{found['name']}: {sent['status']} {answer}".rstrip())
    if sent["status"] != "sent":
        raise typer.Exit(Exit.FAILED)


def _address(kind: NotificationKind) -> str:
    stdin = typer.get_text_stream("stdin")
    if not stdin.isatty():
        return stdin.read().strip()
    if kind is NotificationKind.EMAIL:
        return str(typer.prompt("E-mail address", err=True))
    return str(typer.prompt("URL", hide_input=True, err=True))


def _target(api: Api, wanted: str) -> dict[str, Any]:
    """Names are given once. Raises UserError target_unknown."""
    found = named(api.list("notifications"), wanted)
    if not found:
        raise UserError("target_unknown", f"Nobody called {wanted} is told.", "Look at `dexto-cloud notifications ls`.")
    return found[0]
