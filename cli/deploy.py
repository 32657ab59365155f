"""deploy: a bundle that is made here, in a folder or a CI job, and released by an installation. No Django."""

from __future__ import annotations

import json as jsons
import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from builds import packing
from builds.bundle import BundleFile, MadeBundle
from builds.finding_lines import finding_block
from builds.uploaded import as_sent
from cli import workflow
from cli.client import Api, OwnApi
from cli.direct import Wanted as Direct
from cli.direct import deploy as deploy_directly
from cli.link import linked_project
from cli.progress import uploading, working
from cli.working_copy import WorkingCopy, working_copy
from core.errors import PlatformError, UserError
from core.targets import Target

app = typer.Typer()
#: Of one request: an installation takes no more.
_MOST_FILES: Final = 100
_MOST_BYTES: Final = 8 * 1024 * 1024
_PAUSE_SECONDS: Final = 0.5
_UNDER_WAY: Final = frozenset({"waiting", "queued", "building", "deploying"})


class EnvironmentName(StrEnum):
    """Where a deployment may go. Development is a person's own machine."""

    PRODUCTION = "production"
    PREVIEW = "preview"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command was asked for."""

    destination: str
    environment: str
    folder: Path
    root: str | None
    key: str
    seconds: float


@app.command()
def deploy(
    name: Annotated[str, typer.Argument(help="The destination; else the project's default one.")] = "",
    project: Annotated[
        str,
        typer.Option(envvar="DEXTO_PROJECT", help="Else the folder's (`link`), or the only one that the token sees."),
    ] = "",
    env: Annotated[EnvironmentName | None, typer.Option(help="Else what the branch is for.")] = None,
    folder: Annotated[Path, typer.Option(help="The working copy.", exists=True, file_okay=False)] = Path(),
    root: Annotated[str | None, typer.Option(help="The agent's folder in it; else the project's own.")] = None,
    team: Annotated[str, typer.Option(envvar="DEXTO_TEAM", help="In a workflow's job without a token.")] = "",
    key: Annotated[str, typer.Option(help="The same key and bundle are one deployment; in a job the run's.")] = "",
    seconds: Annotated[float, typer.Option(help="How long to wait until it is ready.")] = 900,
    direct: Annotated[
        bool, typer.Option("--direct", help="Straight to the vendor, by credentials of the environment.")
    ] = False,
    env_file: Annotated[
        Path | None, typer.Option(help="With --direct: the agent's variables, one NAME=value a line.", exists=True)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Build the folder here, upload what is new of it, release it, and wait until it is ready."""
    if direct:
        place = folder / (root or "")
        _deploy_directly(Direct(name, place, env.value if env else "", env_file), json=json)
        return
    api = OwnApi(workflow.connect(os.environ, team=team, project=project))
    unique = key or workflow.run_key(os.environ) or secrets.token_hex(16)
    wanted = Wanted(name, env.value if env else "", folder, root, unique, seconds)
    made = _deployed(api, _project(api, project or linked_project(folder)), wanted)
    done = _followed(api, made, wanted)
    url = _address(done)
    workflow.hand_on(os.environ, deployment=done["id"], url=url)
    if json:
        typer.echo(jsons.dumps(done, indent=2))
    else:
        typer.echo(url or done["page"])
    if done["status"] != "ready":
        raise _not_ready(done)
    _say_where_it_stands(done)


def _deploy_directly(wanted: Direct, *, json: bool) -> None:
    """Without any installation."""
    done = deploy_directly(wanted)
    workflow.hand_on(os.environ, deployment=done.version, url=done.address)
    typer.echo(jsons.dumps(done.as_dict(), indent=2) if json else done.address or done.version_url)


def _deployed(api: Api, project: dict[str, Any], wanted: Wanted) -> dict[str, Any]:
    """The deployment as it was made, or as it was found."""
    place = f"projects/{project['slug']}"
    target = _target(api.list(f"{place}/destinations"), wanted.destination, project["slug"])
    root = project["root"] if wanted.root is None else wanted.root
    with tempfile.TemporaryDirectory(prefix="dexto-deploy-") as scratch:
        wish = packing.Wish(wanted.folder.resolve(), target, Path(scratch) / "bundle", root)
        packed = _packed(wish)
        sent = as_sent(packed.made.manifest, packed.findings, packed.outline)
        _upload(api, place, packed.made, sent)
        told = _told(working_copy(wanted.folder, os.environ), wanted)
        deployment: dict[str, Any] = api.post(f"{place}/deployments", {**sent, **told})
    _say(f"{deployment['id']} goes to {deployment['destination']} ({deployment['environment']}): {deployment['page']}")
    return deployment


def _packed(wish: packing.Wish) -> packing.Packed:
    with working("Building the bundle…") as say:
        packed = packing.pack(wish, say)
    for finding in packed.findings:
        _say(finding_block(finding))
    return packed


def _upload(api: Api, place: str, made: MadeBundle, sent: dict[str, Any]) -> None:
    missing = set(api.post(f"{place}/bundles/missing", sent)["missing"])
    unique = {file.sha256: file for file in made.manifest.files if file.sha256 in missing}
    size = sum(file.size for file in unique.values())
    with uploading("Uploading", size) as sent_more:
        for group in _groups(unique.values()):
            api.send(f"{place}/blobs", {file.sha256: made.content(file) for file in group})
            sent_more(sum(file.size for file in group))
    _say(f"{len(unique)} of {len(made.manifest.files)} files are new: {size:,} bytes were uploaded.")


def _groups(files: Any) -> Iterator[list[BundleFile]]:
    """As many at once as an installation takes; one file may be larger than that alone."""
    group: list[BundleFile] = []
    size = 0
    for file in files:
        if group and (len(group) == _MOST_FILES or size + file.size > _MOST_BYTES):
            yield group
            group, size = [], 0
        group.append(file)
        size += file.size
    if group:
        yield group


def _told(copy: WorkingCopy, wanted: Wanted) -> dict[str, str]:
    return {
        "destination": wanted.destination,
        "environment": wanted.environment,
        "key": wanted.key,
        "branch": copy.branch[:250],
        "commit": copy.commit,
        "message": copy.message[:10_000],
        "author": copy.author[:200],
    }


def _followed(api: Api, made: dict[str, Any], wanted: Wanted) -> dict[str, Any]:
    """Its end, with every line of its log on the way. Raises UserError deployment_slow."""
    until, after = time.monotonic() + wanted.seconds, -1
    while time.monotonic() < until:
        try:
            lines, found = _news(api, made["id"], after)
        except PlatformError as error:
            _say(f"{error.sentence} Trying again.")  # it may be on its way up: what is deployed goes on
            lines, found = [], None
        for line in lines:
            _say(f"{line['step']:<10} {line['text']}")
            after = line["sequence"]
        if found:
            return found
        if not lines:
            time.sleep(_PAUSE_SECONDS)
    raise UserError(
        "deployment_slow",
        f"{made['id']} is not ready after {wanted.seconds:.0f} s.",
        f"It goes on: look at {made['page']}.",
    )


def _news(api: Api, deployment: str, after: int) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """What it said since then; and how it ended, once there is nothing more to say."""
    page = api.get(f"deployments/{deployment}/logs/release", after=after)
    if page["lines"] or not page["ended"]:
        return page["lines"], None
    found: dict[str, Any] = api.get(f"deployments/{deployment}")
    return [], found if found["status"] not in _UNDER_WAY else None


def _project(api: Api, name: str) -> dict[str, Any]:
    """Raises UserError project_not_named."""
    if name:
        named: dict[str, Any] = api.get(f"projects/{name}")
        return named
    found: list[dict[str, Any]] = api.list("projects")
    if len(found) == 1:
        return found[0]
    names = ", ".join(one["slug"] for one in found[:10])
    raise UserError(
        "project_not_named",
        f"The token sees {len(found)} projects.",
        f"Name one with --project: {names}." if found else "Make one first: `dexto-cloud project create NAME`.",
    )


def _target(destinations: list[dict[str, Any]], name: str, project: str) -> Target:
    for one in destinations:
        if one["name"] == name or (not name and one["is_default"]):
            return Target(one["target"])
    names = ", ".join(one["name"] for one in destinations)
    raise UserError("destination_unknown", f"{project} has no destination {name!r}.", f"It has {names}.")


def _address(done: dict[str, Any]) -> str:
    """The steadiest that leads to it."""
    urls: dict[str, str] = done["urls"]
    return next((urls[kind] for kind in ("production", "branch", "deployment") if kind in urls), "")


def _not_ready(done: dict[str, Any]) -> UserError:
    said = done["error"] or {"message": done["reason"] or "Nothing more is known.", "hint": ""}
    hint = f"{said['hint']} Look at {done['page']}.".strip()
    return UserError("deployment_ended", f"{done['id']} is {done['status']}: {said['message']}", hint)


def _say_where_it_stands(done: dict[str, Any]) -> None:
    if done["environment"] == "production" and "production" not in done["urls"]:
        _say("It is staged: production serves another deployment until this one is promoted.")


def _say(text: str) -> None:
    """Beside the result, which alone is on stdout."""
    typer.echo(text, err=True)
