"""What was built from which commit, the content that came out, and what was said meanwhile."""

from builds.models.builds import BUILD_STATES, Build, BuildStatus, Trust
from builds.models.bundles import Blob, Bundle, BundleArchive, Orphan
from builds.models.logs import LogBatch, LogStream, Step

__all__ = [
    "BUILD_STATES",
    "Blob",
    "Build",
    "BuildStatus",
    "Bundle",
    "BundleArchive",
    "LogBatch",
    "LogStream",
    "Orphan",
    "Step",
    "Trust",
]
