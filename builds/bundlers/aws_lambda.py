"""lambda: a handler that streams its response, with the texts inside of it or in S3."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Protocol

from builds.bundle import BundleFile, MadeBundle, Manifest
from builds.bundlers.contract import BundleJob
from builds.bundlers.esbuild import NODE_BANNER, Dialect
from builds.bundlers.placing import OBJECTS, as_objects, inside
from builds.bundlers.steps import compiled, finished, written
from builds.runner.progress import Progress
from core.targets import Target

ENTRY = "index.mjs"
HANDLER = "index.handler"
RUNTIME = "nodejs24.x"
#: The oldest time that a zip can say: with one time for all, the same files are the same archive.
_TIME = (1980, 1, 1, 0, 0, 0)
DIALECT = Dialect(
    Target.LAMBDA,
    entry="src/entries/aws-lambda.ts",
    output=ENTRY,
    options=("--platform=node", "--target=node24", f"--banner:js={NODE_BANNER}"),
)


def bundle(job: BundleJob, progress: Progress) -> MadeBundle:
    """Raises ProjectInvalidError."""
    placing = as_objects(job.objects, {"region": "${AWS_REGION}"}) if job.objects else inside
    code = compiled(job, DIALECT, placing, progress, bundled_reader="s3" if job.objects else "bundled")
    package = written(job.scratch, "package.json", json.dumps({"type": "module"}) + "\n")
    return finished(job, code, ENTRY, {ENTRY: code.code, "package.json": package, **code.placement.files})


class WithContent(Protocol):
    """A bundle whose files can be read."""

    @property
    def manifest(self) -> Manifest: ...

    def content(self, file: BundleFile) -> bytes: ...


def archive(made: WithContent) -> bytes:
    """The zip that AWS takes: the same bytes for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for file in made.manifest.files:
            if not file.path.startswith(OBJECTS):
                entry = zipfile.ZipInfo(file.path, _TIME)
                entry.external_attr = (0o100000 | file.mode) << 16
                entry.create_system = 3
                packed.writestr(entry, made.content(file), zipfile.ZIP_DEFLATED, 9)
    return buffer.getvalue()
