"""A workflow's job of the code host: who it is, without a secret, and what it hands to its next steps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import httpx
import typer

from cli.client import Api, Connection, connection
from core.errors import PlatformError, UserError


def connect(environment: Mapping[str, str], *, team: str, project: str) -> Connection:
    """With the token that is set here; in a job without one, with a token of minutes for what the job proves."""
    url = environment.get("DEXTO_URL", "").rstrip("/")
    if environment.get("DEXTO_TOKEN") or not (url and environment.get("GITHUB_ACTIONS")):
        return connection(environment)
    asked = {"token": _proof(url, environment), "team": team, "project": project}
    granted = Api(Connection(url, "")).post("oidc/exchange", asked)
    typer.echo(f"::add-mask::{granted['token']}", err=True)  # the runner keeps it out of the job's log
    return Connection(url, granted["token"])


def hand_on(environment: Mapping[str, str], **outputs: str) -> None:
    """For the steps that follow; elsewhere nothing."""
    if named := environment.get("GITHUB_OUTPUT", ""):
        with Path(named).open("a", encoding="utf-8") as file:
            file.writelines(f"{name}={value}\n" for name, value in outputs.items())


def run_key(environment: Mapping[str, str]) -> str:
    """The same for every try of one attempt of a job; "" outside of one."""
    parts = [environment.get(f"GITHUB_{name}", "") for name in ("RUN_ID", "RUN_ATTEMPT", "JOB")]
    return "-".join(["workflow", *parts]) if parts[0] else ""


def _proof(url: str, environment: Mapping[str, str]) -> str:
    """With our URL as its audience. Raises UserError identity_missing, and PlatformError."""
    address = environment.get("ACTIONS_ID_TOKEN_REQUEST_URL", "")
    if not address:
        raise UserError(
            "identity_missing",
            "This job may not prove who it is.",
            "Give it `permissions: id-token: write`, or set DEXTO_TOKEN.",
        )
    headers = {"Authorization": f"Bearer {environment.get('ACTIONS_ID_TOKEN_REQUEST_TOKEN', '')}"}
    try:
        answer = httpx.get(httpx.URL(address).copy_merge_params({"audience": url}), headers=headers, timeout=30)
        answer.raise_for_status()
        return str(answer.json()["value"])
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise PlatformError(
            "not_reachable", "The runner gives this job no proof of who it is.", "Run the job again."
        ) from error
