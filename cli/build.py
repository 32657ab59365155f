"""build and run: the bundles that the platform makes and runs, in a terminal or a CI job without it. No Django."""

from __future__ import annotations

import json as jsons
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from builds import packing
from builds.finding_lines import finding_block
from builds.object_upload import bucket_of, upload_objects
from builds.rejection import ProjectInvalidError
from cli.exits import Exit
from cli.progress import working
from core.findings import Finding
from core.targets import Target

app = typer.Typer()


@app.command()
def build(
    path: Annotated[Path, typer.Argument(help="A project's folder.", exists=True, file_okay=False)],
    target: Annotated[Target, typer.Option(help="For what kind of place.")],
    out: Annotated[Path, typer.Option(help="The folder for the bundle.")],
    root: Annotated[str, typer.Option(help="The project's folder inside the repository.")] = "",
    object_store: Annotated[
        str, typer.Option(help="s3://bucket/prefix for texts that are not in the code: they are put there.")
    ] = "",
    upload: Annotated[bool, typer.Option(help="Put them there now, with the credentials of AWS_*.")] = True,
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Make a bundle of an agent project: what a push would deploy, in a folder."""
    objects = packing.object_place(object_store) if object_store else None
    wish = packing.Wish(path, target, out, root, objects)
    try:
        with working(f"Building for {target.value}…") as say:
            packed = packing.pack(wish, lambda line: None if json else say(line))
    except ProjectInvalidError as error:
        _refuse(error, target, json=json)
        raise typer.Exit(Exit.FAILED) from error
    uploaded = upload_objects(packed.made, bucket_of(objects, os.environ)) if objects and upload else None
    if json:
        put = {"objects": asdict(uploaded)} if uploaded else {}
        typer.echo(jsons.dumps({**packed.as_dict(), **put}, indent=2, ensure_ascii=False))
    else:
        typer.echo(_summary(packed))
        if uploaded:
            typer.echo(f"Objects: {uploaded.put} put into {object_store}, {uploaded.present} were there.")


def _refuse(error: ProjectInvalidError, target: Target, *, json: bool) -> None:
    if json:
        findings = [finding.as_dict() for finding in error.findings]
        typer.echo(jsons.dumps({"target": target.value, "bundle": None, "findings": findings}, indent=2))
    else:
        typer.echo(_blocks(error.findings), err=True)


def _summary(packed: packing.Packed) -> str:
    manifest = packed.made.manifest
    lines = [
        f"{manifest.target.value}: {len(manifest.files):,} files, {manifest.size:,} bytes "
        f"({packed.gzip_size:,} compressed) in {packed.out}",
        f"Entry: {manifest.entry}",
        f"Variables: {', '.join(manifest.required_variables) or 'none'}",
    ]
    return "\n".join([*([_blocks(packed.findings)] if packed.findings else []), *lines])


def _blocks(findings: tuple[Finding, ...]) -> str:
    return "\n".join(finding_block(finding) for finding in findings)
