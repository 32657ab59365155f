"""Commands that run on the server itself. They need Django, so each is handed to manage.py in a process of its own."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from cli.showing import Json
from cli.words import RoleName, ScopeName
from core.errors import UserError

app = typer.Typer()
users = typer.Typer(no_args_is_help=True, help="People (on the server).")
tokens = typer.Typer(no_args_is_help=True, help="API tokens (on the server).")
app.add_typer(users, name="user")
app.add_typer(tokens, name="token", hidden=True)

MANAGE = Path(__file__).resolve().parents[1] / "manage.py"


@app.command("node")
def node(
    stop_agents_on_exit: Annotated[bool, typer.Option(help="End this machine's agents with the node.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Say as JSON when it is ready; its log is JSON anyway.")] = False,
) -> None:
    """Run agents on this machine: start, watch and stop them as the rows want it."""
    on_server("node", *(["--stop-agents-on-exit"] if stop_agents_on_exit else []), *_asked(json))


@app.command("sweep")
def sweep(_json: Annotated[bool, typer.Option("--json", help="It is JSON anyway.")] = False) -> None:
    """Remove what is past its time now, instead of within the hour; prints what, as JSON."""
    on_server("sweep")


@app.command("sign-in")
def sign_in(user: Annotated[str, typer.Argument(help="Whom to sign in.")] = "admin", json: Json = False) -> None:
    """Print a link that signs a person in, once."""
    on_server("sign_in", user, *_asked(json))


@users.command("add")
def add_user(
    name: Annotated[str, typer.Argument(help="The person's name.")],
    team: Annotated[str, typer.Option(help="The team to join; made when there is none.")],
    role: Annotated[RoleName, typer.Option(help="What they may do.")] = RoleName.MEMBER,
    json: Json = False,
) -> None:
    """Add a person to a team, and print a link to sign in with."""
    on_server("add_user", name, "--team", team, "--role", role, *_asked(json))


@tokens.command("create")
def create_token(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    user: Annotated[str, typer.Option(help="For whom it acts.")] = "admin",
    team: Annotated[str, typer.Option(help="In which team; needed when the person is in several.")] = "",
    scope: Annotated[list[ScopeName] | None, typer.Option(help="May be repeated; else read and deploy.")] = None,
    json: Json = False,
) -> None:
    """Make an API token for anybody, as the server's operator; `tokens create` makes one's own from anywhere."""
    scopes = [word for one in scope or [ScopeName.READ, ScopeName.DEPLOY] for word in ("--scope", one)]
    on_server("create_token", name, "--user", user, *(["--team", team] if team else []), *scopes, *_asked(json))


def _asked(json: bool) -> list[str]:
    return ["--json"] if json else []


def on_server(*arguments: str) -> NoReturn:
    """Becomes manage.py: signals and the exit code are its own."""
    os.execve(sys.executable, [sys.executable, str(MANAGE), *arguments], {**os.environ, **_environment()})  # noqa: S606


def _environment() -> dict[str, str]:
    """Of the embedded installation, where the settings are not in the environment already."""
    kept = Path(os.environ.get("DEXTO_ENVIRONMENT_FILE", "/nonexistent"))
    if "DATABASE_URL" in os.environ or "DEXTO_DEBUG" in os.environ:
        return {}
    if not kept.exists():
        raise UserError(
            "not_connected",
            "There is no installation on this machine.",
            "Start one with `dexto-cloud up`; of many processes, set what docs/production.md lists.",
        )
    found: dict[str, str] = json.loads(kept.read_text())
    return found
