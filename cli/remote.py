"""What the dashboard can do, from a terminal: projects, deployments, logs, rollback, variables."""

from __future__ import annotations

import json as jsons
import time
import webbrowser
from pathlib import Path
from typing import Annotated, Any

import typer

from builds.finding_lines import finding_block
from cli import variables
from cli.client import Api, own_api
from cli.link import OfProject, linked_project
from cli.showing import Json, ProjectName, cell, show, table
from core.errors import UserError
from core.findings import finding_of

app = typer.Typer()
projects = typer.Typer(no_args_is_help=True, help="Projects.")
app.add_typer(projects, name="project")
app.add_typer(variables.app, name="env")
app.add_typer(variables.app, name="variable", hidden=True)

DeploymentId = Annotated[str, typer.Argument(help="The deployment's id: nine letters and digits.")]


@projects.command("create")
def create_project(
    name: ProjectName,
    path: Annotated[Path | None, typer.Option(help="Follow this git repository on the server.")] = None,
    root: Annotated[str, typer.Option(help="The agent's folder inside the repository.")] = "",
    json: Json = False,
) -> None:
    """Make a project, with a repository of its own to push to."""
    body = {"slug": name, "path": str(path.resolve()) if path else "", "folder": root}
    made = own_api().post("projects", body)
    show(made, json, f"{made['slug']}: push to {made['git_url']}" if not path else f"{name} follows {path}")


@app.command("ls")
@projects.command("list")
def list_projects(json: Json = False) -> None:
    """The team's projects."""
    found = own_api().list("projects")
    table(found, json, ("slug", "production_branch", "auto_assign", "urls"), _in_one_line)


@projects.command("delete")
def delete_project(
    name: ProjectName,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for its name once more.")] = False,
    json: Json = False,
) -> None:
    """Delete a project: its agents end, its addresses are free, and what it runs at vendors is deleted there."""
    slug = own_api().get(f"projects/{name}")["slug"]
    if not yes and typer.prompt(f"Type {slug} to delete it", err=True).strip() != slug:
        raise UserError("name_mismatch", f"That is not {slug}: nothing was deleted.", "Type its name to delete it.")
    own_api().delete(f"projects/{slug}")
    show({"deleted": slug}, json, f"{slug} is deleted.")


@app.command("deployments", cls=OfProject)
def list_deployments(project: ProjectName, json: Json = False) -> None:
    """A project's deployments, newest first."""
    found = own_api().get(f"projects/{project}/deployments")
    for one in found:
        one["commit"] = one["commit"][:7] if not json else one["commit"]
    table(found, json, ("id", "status", "environment", "branch", "commit", "message", "live"), _in_one_line)


@app.command("inspect")
@app.command("status", hidden=True)
def status(deployment: DeploymentId, json: Json = False) -> None:
    """One deployment: its state, its addresses, what went wrong and in which lines."""
    one = own_api().get(f"deployments/{deployment}")
    lines = [f"{one['id']}  {one['status']}  {one['environment']}  {one['branch']}  {one['commit'][:12]}"]
    lines += [f"  {kind}: {url}" for kind, url in one["urls"].items()]
    if one["error"]:
        lines.append(f"  {one['error']['message']} {one['error']['hint']} [{one['error']['code']}]")
    lines += ["", *(finding_block(finding_of(found)) for found in one["findings"])] if one["findings"] else []
    show(one, json, "\n".join(lines))


@app.command("logs")
def logs(
    deployment: DeploymentId,
    stream: Annotated[str, typer.Option(help="build, release or agent.")] = "build",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until it ends.")] = False,
    json: Annotated[bool, typer.Option("--json", help="For programs: a JSON object for each line.")] = False,
) -> None:
    """The log of a deployment's build, release or agent."""
    api, after = own_api(), -1
    while True:
        page = api.get(f"deployments/{deployment}/logs/{stream}", after=after)
        for line in page["lines"]:
            typer.echo(jsons.dumps(line) if json else _line(line))
            after = line["sequence"]
        if page["ended"] or not (follow or page["lines"]):
            return
        if not page["lines"]:
            time.sleep(0.5)


def _line(line: dict[str, Any]) -> str:
    at = time.strftime("%H:%M:%S", time.localtime(line["at"] / 1000))
    return f"{at} {line['step']:<10} {line['text']}"


@app.command("rollback")
def rollback(
    target: Annotated[
        str, typer.Argument(help="A deployment's id to go back to, or a project's name; else the folder's project.")
    ] = "",
    deployment: Annotated[str, typer.Argument(help="Of the named project go to this one.")] = "",
    json: Json = False,
) -> None:
    """Move production to an earlier deployment, else to what served before. New pushes wait from then on."""
    api = own_api()
    if target and not deployment and _is_deployment(api, target):
        done = api.post(f"deployments/{target}/rollback")
    else:
        project = target or linked_project(Path())
        if not project:
            raise typer.BadParameter("name a project or a deployment, or link this folder")
        done = api.post(f"projects/{project}/rollback", {"deployment": deployment})
    show(done, json, f"{done['hostname']} → {done['deployment']}; new pushes wait (auto-assign is off)")


def _is_deployment(api: Api, name: str) -> bool:
    try:
        api.get(f"deployments/{name}")
    except UserError as error:
        if error.code != "not_found":
            raise
        return False
    return True


@app.command("undo-rollback", cls=OfProject)
def undo_rollback(project: ProjectName, json: Json = False) -> None:
    """Move production to the newest deployment again; new pushes go live again."""
    done = own_api().post(f"projects/{project}/undo-rollback")
    show(done, json, f"{done['hostname']} → {done['deployment']}; new pushes go live (auto-assign is on)")


@app.command("promote")
def promote(deployment: DeploymentId, json: Json = False) -> None:
    """Take a preview to production, with production's variables: what was previewed is what ships."""
    done = own_api().post(f"deployments/{deployment}/promote")
    show(done, json, f"{done['id']} {done['status']}")


@app.command("redeploy")
def redeploy(
    deployment: DeploymentId,
    cache: Annotated[bool, typer.Option(help="Take what earlier builds left, where nothing changed.")] = True,
    json: Json = False,
) -> None:
    """Deploy the same commit again, with today's variables."""
    done = own_api().post(f"deployments/{deployment}/redeploy", {"cache": cache})
    show(done, json, f"{done['id']} {done['status']}")


@app.command("cancel")
def cancel(deployment: DeploymentId, json: Json = False) -> None:
    """Stop a deployment that is under way."""
    done = own_api().post(f"deployments/{deployment}/cancel")
    show(done, json, f"{done['id']} {done['status']}")


@app.command("delete")
def delete(
    deployment: DeploymentId,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Delete a deployment: its agent ends, its address answers "gone". Its history stays."""
    if not yes:
        typer.confirm(f"Delete {deployment}?", abort=True, err=True)
    own_api().delete(f"deployments/{deployment}")
    show({"deleted": deployment}, json, f"{deployment} is deleted.")


@app.command("open", cls=OfProject)
def open_project(project: ProjectName, json: Json = False) -> None:
    """Open a project's production address in the browser."""
    urls = own_api().get(f"projects/{project}")["urls"]
    if not urls:
        raise UserError("not_in_production", f"Nothing of {project} is in production yet.", "Push to it first.")
    show({"url": urls[0]}, json, urls[0])
    webbrowser.open(urls[0])


def _in_one_line(value: Any) -> str:
    """What people wrote may be long."""
    if isinstance(value, bool):
        return cell(value)
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text.partition("\n")[0][:60]
