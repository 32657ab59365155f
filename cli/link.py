"""`dexto-cloud link`: which project a folder is, so that commands typed in it need not be told; a repository of a code
host can become that project. No secret is kept."""

from __future__ import annotations

import json as jsons
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer._click import Context
from typer._click.exceptions import (  # typer brings its own click, and shows only a part of it
    MissingParameter,
    UsageError,
)
from typer.core import TyperCommand

from cli.client import Connection, OwnApi, connection
from cli.code_host import HostedRepository, hosted_repository, token_at
from cli.showing import Json, show
from core.errors import UserError

app = typer.Typer()
NAME: Final = ".dexto-cloud.json"
_LINK: Final = "In a folder that `dexto-cloud link` linked, its project need not be named."

Folder = Annotated[Path, typer.Option(help="Which folder.", exists=True, file_okay=False)]


@app.command("link")
def link(
    project: Annotated[str, typer.Argument(help="The project's name.")],
    repository: Annotated[
        str,
        typer.Option(help="Make it, of this one at a code host: owner/name, a URL, or a git remote such as origin."),
    ] = "",
    root: Annotated[str, typer.Option(help="The agent's folder in that repository.")] = "",
    folder: Folder = Path(),
    json: Json = False,
) -> None:
    """Remember the project of this folder: commands typed in it, or below, need no project. With --repository it is
    made and deployed; your token there is that of GH_TOKEN, GITHUB_TOKEN or `gh auth token`, else it is asked for."""
    if root and not repository:
        raise typer.BadParameter("--root is a folder of the --repository")
    found = connection()
    made = _made(found, project, hosted_repository(repository, folder), root) if repository else {}
    path = folder.resolve() / NAME
    kept = {"url": found.url, "project": made.get("project") or OwnApi(found).get(f"projects/{project}")["slug"]}
    path.write_text(jsons.dumps(kept, indent=2) + "\n", encoding="utf-8")
    show(kept | made, json, f"{path.parent} is {kept['project']} on {found.url}.")


@app.command("unlink")
def unlink(folder: Folder = Path(), json: Json = False) -> None:
    """Forget the project of this folder."""
    path = folder.resolve() / NAME
    path.unlink(missing_ok=True)
    show({"unlinked": str(path.parent)}, json, f"{path.parent} is no project any more.")


def _made(found: Connection, project: str, wanted: HostedRepository, root: str) -> dict[str, str]:
    body = {"slug": project, "repository": wanted.name, "host": wanted.host, "folder": root}
    made = OwnApi(found).post("repositories", {**body, "code_host_token": token_at(wanted.host)})
    return {"project": made["slug"], "repository": wanted.name, "root": made["root"]}


def linked_project(folder: Path) -> str:
    """That of the folder, or of the nearest one above it; "" without one. Raises UserError linked_elsewhere."""
    places = (place / NAME for place in (folder.resolve(), *folder.resolve().parents))
    path = next((one for one in places if one.is_file()), None)
    if path is None:
        return ""
    kept = _kept(path)
    if kept["url"].rstrip("/") != connection().url.rstrip("/"):
        raise UserError(
            "linked_elsewhere",
            f"This folder is a project of {kept['url']}, and you speak with {connection().url}.",
            "Name the project, sign in there, or run `dexto-cloud link` again.",
            str(path),
        )
    return kept["project"]


def _kept(path: Path) -> dict[str, str]:
    try:
        found: Any = jsons.loads(path.read_text(encoding="utf-8"))
        return {"url": str(found["url"]), "project": str(found["project"])}
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            "link_unreadable", "This file does not name a project.", "Run `dexto-cloud link` again.", str(path)
        ) from error


class OfProject(TyperCommand):
    """A command whose first argument is a project: where one argument is missing, it is the folder's."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, list(args))
        except MissingParameter as error:
            project = linked_project(Path())
            if not project:
                raise UsageError(f"{error.format_message()} {_LINK}", ctx) from error
            return super().parse_args(ctx, [project, *args])
