"""vercel: a folder of the Build Output API, version 3, with one function that answers everything."""

from __future__ import annotations

import json

from builds.bundle import MadeBundle
from builds.bundlers.contract import BundleJob
from builds.bundlers.esbuild import NODE_BANNER, Dialect
from builds.bundlers.placing import as_objects, inside
from builds.bundlers.steps import compiled, finished, written
from builds.runner.progress import Progress
from core.targets import Target

OUTPUT = ".vercel/output"
FUNCTION = f"{OUTPUT}/functions/index.func"
ENTRY = f"{FUNCTION}/index.mjs"
ROUTES = {"version": 3, "routes": [{"handle": "filesystem"}, {"src": "/(.*)", "dest": "/index"}]}
LAUNCHER = {
    "runtime": "nodejs24.x",
    "handler": "index.mjs",
    "launcherType": "Nodejs",
    "shouldAddHelpers": False,
    "supportsResponseStreaming": True,
    "maxDuration": 300,
}
DIALECT = Dialect(
    Target.VERCEL,
    entry="src/entries/vercel.ts",
    output="index.mjs",
    options=("--platform=node", "--target=node24", f"--banner:js={NODE_BANNER}"),
)


def bundle(job: BundleJob, progress: Progress) -> MadeBundle:
    """Raises ProjectInvalidError."""
    placing = as_objects(job.objects, {"region": "${AWS_REGION}"}) if job.objects else inside
    code = compiled(job, DIALECT, placing, progress, bundled_reader="s3" if job.objects else "bundled")
    places = {
        ENTRY: code.code,
        f"{FUNCTION}/.vc-config.json": written(job.scratch, "vc-config.json", _text(LAUNCHER)),
        f"{FUNCTION}/package.json": written(job.scratch, "package.json", _text({"type": "module"})),
        f"{OUTPUT}/config.json": written(job.scratch, "config.json", _text(ROUTES)),
        **code.placement.files,
    }
    return finished(job, code, ENTRY, places)


def _text(data: object) -> str:
    return json.dumps(data, indent=2) + "\n"
