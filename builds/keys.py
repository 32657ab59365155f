"""The build key: the same key means that the same bundle would come out."""

from __future__ import annotations

import json
from hashlib import sha256


def build_key(
    *,
    project_id: int,
    tree_sha: str,
    root: str,
    target: str,
    configuration: str,
    trust: str,
    toolchain: str,
    fetched: str = "",
) -> str:
    """A hex digest.

    `configuration` is whatever of the destination changes the bundle, as canonical text; `fetched` is the digest of
    what the bundle holds from elsewhere.
    """
    parts = [project_id, tree_sha, root, target, configuration, trust, toolchain, fetched]
    return sha256(json.dumps(parts, separators=(",", ":")).encode()).hexdigest()
