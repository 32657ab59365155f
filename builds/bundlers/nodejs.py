"""nodejs: one index.mjs, with the project's own files beside it."""

from __future__ import annotations

import json
from pathlib import Path

from builds.bundle import MadeBundle, Manifest, describe
from builds.bundlers.contract import BundleJob
from builds.runner.commands import Command, run
from builds.runner.progress import Progress
from core.errors import ProjectError
from core.targets import Target

ENTRY = "index.mjs"
#: The server that every nodejs bundle carries. The agent runtime takes this entry's place; nothing else knows it.
RUNTIME_ENTRY = "sample/echo.mjs"
_RUNTIME = "runtime"  # its name in the scratch folder


def bundle(job: BundleJob, progress: Progress) -> MadeBundle:
    """Raises ProjectError with esbuild's own words."""
    agents = job.scratch / "agents.mjs"
    agents.write_text(_agents_module(job), encoding="utf-8")
    (job.scratch / _RUNTIME).symlink_to(job.toolchain.runtime)
    output = job.scratch / ENTRY
    command = Command(
        esbuild_argv(job.toolchain.esbuild),
        job.toolchain.seconds,
        folder=job.scratch,
    )
    outcome = run(command, check=progress.check, line=progress.line)
    if not outcome.ok:
        raise ProjectError(
            "bundling_failed",
            next(
                (line for line in outcome.last_lines if "ERROR" in line),
                "esbuild could not bundle the project.",
            ),
            "The build log shows the file and the line.",
        )
    places = {ENTRY: output, **{f"project/{path}": place for path, place in job.files.items()}}
    required = tuple(sorted({variable.name for variable in job.report.required}))
    return MadeBundle(Manifest(Target.NODEJS, ENTRY, tuple(describe(places)), required), places)


def esbuild_argv(esbuild: Path) -> list[str]:
    """Relative names only, the runtime's by a link: esbuild writes names of files into its output, which must be
    the same bytes in any folder of any machine."""
    return [
        str(esbuild),
        f"{_RUNTIME}/{RUNTIME_ENTRY}",
        "--bundle",
        "--platform=node",
        "--format=esm",
        "--target=node24",
        "--preserve-symlinks",
        "--alias:dexto:bundle=./agents.mjs",
        "--log-level=warning",
        "--color=false",
        "--legal-comments=none",
        f"--outfile={ENTRY}",
    ]


def _agents_module(job: BundleJob) -> str:
    """The virtual module `dexto:bundle`: the checked configuration of each agent."""
    agents = [
        {"id": agent.ref.id, "config": agent.document.data if agent.document else {}} for agent in job.report.agents
    ]
    text = json.dumps(agents, sort_keys=True, indent=1, ensure_ascii=False, default=str)
    return f"export const agents = {text.replace(str(_base(job)), '/project')};\n"


def _base(job: BundleJob) -> Path:
    """file:// URIs were made for where the checkout happened to lie, which must not show in the bundle."""
    return job.scratch.parent / "project"
