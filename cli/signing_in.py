"""Signing in: from a browser, without typing a token anywhere; and who one is."""

from __future__ import annotations

import json as jsons
import os
import platform
import time
import webbrowser
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.client import Api, Connection, connection, kept_at
from cli.showing import Json, show
from core.errors import UserError

app = typer.Typer()


@app.command("login")
def login(
    url: Annotated[str, typer.Argument(help="The installation, such as https://cloud.example.org.")],
    open_browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page by itself.")] = True,
    json: Json = False,
) -> None:
    """Sign this machine in: a page opens, you compare a code and say yes."""
    api = Api(Connection(url.rstrip("/"), ""))
    begun = api.post("device", {"machine": f"dexto-cloud on {platform.node() or 'a machine'}"})
    typer.echo(f"Your code is {begun['user_code']}.\nSay yes at {begun['verification_uri_complete']}", err=json)
    if open_browser:
        webbrowser.open(begun["verification_uri_complete"])
    collected = _wait(api, begun)
    path = _keep(Connection(api.connection.url, collected["token"]))
    said = {"team": collected["team"], "url": api.connection.url, "kept_in": str(path)}
    show(said, json, f"Signed in to {collected['team']}. The token is kept in {path}.")


@app.command("logout")
def logout(json: Json = False) -> None:
    """Forget the token that `login` kept. Revoke it on the dashboard to end it for good."""
    kept_at().unlink(missing_ok=True)
    show({"forgotten": str(kept_at())}, json, "The token is forgotten on this machine.")


@app.command("whoami")
def whoami(json: Json = False) -> None:
    """Whose token is used, on which installation, and what it may do."""
    found = connection()
    me = Api(found).get("me")
    said = f"{me['user']} in {me['team']} on {found.url}; may {', '.join(me['scopes'])}"
    show({**me, "url": found.url}, json, said)


def _wait(api: Api, begun: dict[str, Any]) -> dict[str, Any]:
    deadline = time.monotonic() + begun["expires_in"]
    while time.monotonic() < deadline:
        answered: dict[str, Any] = api.post("device/token", {"device_code": begun["device_code"]})
        if "token" in answered:
            return answered
        time.sleep(begun["interval"])
    raise UserError("device_login_ended", "Nobody approved this sign-in.", "Run `dexto-cloud login` again.")


def _keep(found: Connection) -> Path:
    """Only its owner may read it, from its first byte on."""
    path = kept_at()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        jsons.dump({"url": found.url, "token": found.token}, file)
    fresh.replace(path)
    return path
