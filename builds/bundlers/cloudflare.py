"""cloudflare: a Worker with its Durable Objects, its wrangler.jsonc, and the texts as objects for R2."""

from __future__ import annotations

import json
import re

from builds.bundle import MadeBundle
from builds.bundlers.contract import BundleJob
from builds.bundlers.esbuild import Dialect
from builds.bundlers.placing import UNBOUND, as_objects
from builds.bundlers.steps import compiled, finished, written
from builds.runner.progress import Progress
from core.targets import Target

ENTRY = "index.js"
CONFIGURATION = "wrangler.jsonc"
COMPATIBILITY_DATE = "2026-06-01"
#: The binding of the bucket with the texts; uploads and archives go there too.
BUCKET = "DEXTO_BUCKET"
#: Durable Objects: the binding's name → the class that the entry exports.
OBJECT_CLASSES = {
    "SESSIONS": "SessionObject",
    "CONVERSATIONS": "ConversationObject",
    "DIRECTORY": "DirectoryObject",
}
#: Of Node's modules, what Workers have under the flag nodejs_compat.
NODE_MODULES = frozenset(
    {
        *("assert", "async_hooks", "buffer", "console", "constants", "crypto", "diagnostics_channel", "dns"),
        *("events", "fs", "http", "https", "module", "net", "os", "path", "perf_hooks", "process", "punycode"),
        *("querystring", "stream", "string_decoder", "timers", "tls", "url", "util", "zlib"),
    }
)
DIALECT = Dialect(
    Target.CLOUDFLARE,
    entry="src/entries/cloudflare.ts",
    output=ENTRY,
    options=(
        "--platform=neutral",
        "--target=es2024",
        "--conditions=workerd,worker,browser,import",
        "--main-fields=browser,module,main",
        '--define:process.env.NODE_ENV="production"',
        "--external:cloudflare:*",
        "--external:node:*",
        *(f"--alias:{name}=node:{name}" for name in sorted(NODE_MODULES)),
    ),
    builtins=NODE_MODULES,
)


def bundle(job: BundleJob, progress: Progress) -> MadeBundle:
    """Raises ProjectInvalidError."""
    placing = as_objects(job.objects, {"region": "auto"})
    code = compiled(job, DIALECT, placing, progress, bundled_reader="r2")
    wrangler = written(job.scratch, CONFIGURATION, json.dumps(configuration(job), indent=2) + "\n")
    return finished(job, code, ENTRY, {ENTRY: code.code, CONFIGURATION: wrangler, **code.placement.files})


def configuration(job: BundleJob) -> dict[str, object]:
    """What wrangler deploys, and what the local runner reads. It is JSON without comments."""
    bucket = job.objects or UNBOUND
    return {
        "name": worker_name(job),
        "main": ENTRY,
        "no_bundle": True,
        "compatibility_date": COMPATIBILITY_DATE,
        "compatibility_flags": ["nodejs_compat"],
        "durable_objects": {
            "bindings": [{"name": name, "class_name": kind} for name, kind in OBJECT_CLASSES.items()],
        },
        "migrations": [{"tag": "v1", "new_sqlite_classes": list(OBJECT_CLASSES.values())}],
        "r2_buckets": [{"binding": BUCKET, "bucket_name": bucket.bucket}],
        "observability": {"enabled": True},
    }


def worker_name(job: BundleJob) -> str:
    """By the default agent; a release gives the name that its destination has."""
    entry = job.report.project.entry_agent
    name = re.sub(r"[^a-z0-9]+", "-", (entry.id if entry else "agent").lower()).strip("-")
    return name[:54] or "agent"
