"""The team from a terminal: one's tokens, its people, who did what, and what code hosts told."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.client import Api, own_api
from cli.meaning import named
from cli.showing import Json, show, table
from cli.words import EnvironmentName, RoleName, ScopeName
from core.errors import UserError

app = typer.Typer()
tokens = typer.Typer(no_args_is_help=True, help="Your own API tokens.")
members = typer.Typer(no_args_is_help=True, help="Who is in the team, and who is invited.")
deliveries = typer.Typer(no_args_is_help=True, help="What code hosts told, and what was decided.")
app.add_typer(tokens, name="tokens")
app.add_typer(members, name="members")
app.add_typer(deliveries, name="deliveries")


@tokens.command("ls")
@tokens.command("list", hidden=True)
def list_tokens(json: Json = False) -> None:
    """Yours in this team, newest first. Their texts are kept nowhere."""
    columns = ("id", "name", "scopes", "project", "environment", "created_at", "expires_at")
    table(own_api().list("tokens"), json, columns)


@tokens.command("create")
def create_token(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    scope: Annotated[list[ScopeName] | None, typer.Option(help="May be repeated; else read and deploy.")] = None,
    project: Annotated[str, typer.Option(help="For this project only.")] = "",
    env: Annotated[EnvironmentName | None, typer.Option(help="To deploy to this environment only.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="How long it lives; else until it is revoked.")] = None,
    json: Json = False,
) -> None:
    """Make a token, for git, the API and this command. It is shown once, and may no more than the one in use."""
    limits = {"project": project, "environment": env or "", "expires_in_days": days}
    made = own_api().post("tokens", {"name": name, "scopes": scope or [ScopeName.READ, ScopeName.DEPLOY], **limits})
    show(made, json, made["token"])


@tokens.command("revoke")
def revoke_token(
    token: Annotated[str, typer.Argument(help="Its id or its name, as `tokens ls` shows them.")], json: Json = False
) -> None:
    """End a token at once, and for good."""
    api = own_api()
    found = _token(api, token)
    api.delete(f"tokens/{found['id']}")
    show({"revoked": found["id"], "name": found["name"]}, json, f"{found['name']} ({found['id']}) opens nothing more.")


@members.command("ls")
def list_members(json: Json = False) -> None:
    """Everybody, and what they may do."""
    table(own_api().list("members"), json, ("user", "role"))


@members.command("invitations")
def list_invitations(json: Json = False) -> None:
    """Those that nobody accepted yet."""
    table(own_api().list("invitations"), json, ("id", "note", "role", "invited_by", "expires_at"))


@members.command("invite")
def invite(
    note: Annotated[str, typer.Argument(help="Whom it is for.")],
    role: Annotated[RoleName, typer.Option(help="What they may do.")] = RoleName.MEMBER,
    json: Json = False,
) -> None:
    """Make a link that brings one person into the team. It works once, and is shown once."""
    made = own_api().post("invitations", {"note": note, "role": role})
    show(made, json, made["url"])


@members.command("withdraw")
def withdraw(
    invitation: Annotated[int, typer.Argument(help="Its id, as `members invitations` shows it.")], json: Json = False
) -> None:
    """An invitation's link works no more."""
    own_api().delete(f"invitations/{invitation}")
    show({"withdrawn": invitation}, json, "Its link works no more.")


@app.command("audit")
def show_audit(
    about: Annotated[str, typer.Option(help="About this, such as a project's name.")] = "",
    person: Annotated[str, typer.Option(help="By this person.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 50,
    json: Json = False,
) -> None:
    """Who did what in the team, newest first."""
    table(own_api().get("audit", about=about, person=person, limit=limit), json, ("at", "person", "verb", "about"))


@deliveries.command("ls")
def list_deliveries(
    status: Annotated[str, typer.Option(help="received, processed, ignored or failed.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 50,
    json: Json = False,
) -> None:
    """Newest first."""
    found = own_api().get("deliveries", status=status, limit=limit)
    table(found, json, ("id", "received_at", "event", "status", "decision"))


@deliveries.command("replay")
def replay(
    delivery: Annotated[int, typer.Argument(help="Its id, as `deliveries ls` shows it.")], json: Json = False
) -> None:
    """Act upon one once more."""
    show(own_api().post(f"deliveries/{delivery}/replay"), json, "It is acted upon once more.")


def _token(api: Api, wanted: str) -> dict[str, Any]:
    """Raises UserError token_unknown."""
    exact = named(api.list("tokens"), wanted)
    if len(exact) != 1:
        raise UserError(
            "token_unknown",
            f"{len(exact) or 'No'} tokens of yours are called {wanted}.",
            "Name one by its id: `dexto-cloud tokens ls`.",
        )
    found: dict[str, Any] = exact[0]
    return found
