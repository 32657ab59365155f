"""nodejs: one index.mjs, the configuration and the project's files beside it, and what makes an image of it."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath

from builds.bundle import MadeBundle
from builds.bundlers.contract import BundleJob
from builds.bundlers.esbuild import NODE_BANNER, Dialect
from builds.bundlers.module import CONFIGURATION, BundleModule
from builds.bundlers.placing import beside
from builds.bundlers.resources import own_files
from builds.bundlers.source_maps import source_map
from builds.bundlers.steps import compiled, finished, written
from builds.runner.progress import Progress
from core.targets import Target

ENTRY = "index.mjs"
SOURCE_MAP = "index.mjs.map"
DIALECT = Dialect(
    Target.NODEJS,
    entry="src/entries/nodejs.ts",
    output=ENTRY,
    options=(
        "--platform=node",
        "--target=node24",
        f"--banner:js={NODE_BANNER}",
        "--sourcemap=linked",
        "--sources-content=false",
    ),
)
PACKAGE = {
    "name": "agent",
    "private": True,
    "type": "module",
    "main": ENTRY,
    "scripts": {"start": f"node --optimize-for-size {ENTRY}"},
}
DOCKERFILE = """\
FROM node:24-slim
ENV NODE_ENV=production PORT=3000 DEXTO_STATE_DIR=/data
RUN install -d -o node -g node /data
WORKDIR /data
COPY . /app
USER node
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["node", "-e", \
"fetch(`http://127.0.0.1:${process.env.PORT}/health`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--optimize-for-size", "/app/index.mjs"]
"""


def bundle(job: BundleJob, progress: Progress) -> MadeBundle:
    """Raises ProjectInvalidError."""
    folder = PurePosixPath("project") / job.report.project.root

    def text(module: BundleModule) -> str:
        return module.with_configuration_beside(str(folder))

    code = compiled(job, DIALECT, beside, progress, bundled_reader="file", text=text)
    places = {
        ENTRY: code.code,
        SOURCE_MAP: source_map(job, code.code.with_name(SOURCE_MAP)),
        CONFIGURATION: written(job.scratch, CONFIGURATION, code.module.configuration),
        "package.json": written(job.scratch, "package.json", json.dumps(PACKAGE, indent=2) + "\n"),
        "Dockerfile": written(job.scratch, "Dockerfile", DOCKERFILE),
        **_project(job),
        **code.placement.files,
    }
    return finished(job, code, ENTRY, places)


def _project(job: BundleJob) -> dict[str, Path]:
    """The project's own files, as `${{dexto.project_dir}}` names them."""
    return {f"project/{path}": place for path, place in own_files(job) if not holds_secrets(path.name)}


def holds_secrets(name: str) -> bool:
    """Files of variables are for a person's own machine, also where they were committed; examples are for everyone."""
    return name == ".env" or (name.startswith(".env.") and not name.endswith((".example", ".sample", ".template")))
