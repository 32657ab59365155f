"""`dexto-cloud link`: which project a folder is, so that commands typed in it need not be told. No secret is kept."""

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

from cli.client import OwnApi, connection
from cli.showing import Json, show
from core.errors import UserError

app = typer.Typer()
NAME: Final = ".dexto-cloud.json"
_LINK: Final = "In a folder that `dexto-cloud link` linked, its project need not be named."

Folder = Annotated[Path, typer.Option(help="Which folder.", exists=True, file_okay=False)]


@app.command("link")
def link(
    project: Annotated[str, typer.Argument(help="The project's name.")], folder: Folder = Path(), json: Json = False
) -> None:
    """Remember the project of this folder: commands typed in it, or below, need no project."""
    found = connection()
    slug = OwnApi(found).get(f"projects/{project}")["slug"]
    path = folder.resolve() / NAME
    kept = {"url": found.url, "project": slug}
    path.write_text(jsons.dumps(kept, indent=2) + "\n", encoding="utf-8")
    show(kept, json, f"{path.parent} is {slug} on {found.url}.")


@app.command("unlink")
def unlink(folder: Folder = Path(), json: Json = False) -> None:
    """Forget the project of this folder."""
    path = folder.resolve() / NAME
    path.unlink(missing_ok=True)
    show({"unlinked": str(path.parent)}, json, f"{path.parent} is no project any more.")


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
