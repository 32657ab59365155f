"""`make live` walks the way it says, here against the counterpart of Cloudflare: nothing is left of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.deployments.platforms.test_cloudflare import ROOT, made


def _live(platform: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench.live", platform],
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_it_walks_a_release_a_rollback_and_a_deletion(tmp_path: Path) -> None:
    with made(tmp_path) as given:
        done = _live(
            "cloudflare",
            CLOUDFLARE_API_TOKEN=given.fake.token,  # type: ignore[attr-defined]
            CLOUDFLARE_S3_ENDPOINT=given.fake.url,
            DEXTO_CLOUDFLARE_API_URL=f"{given.fake.url}{ROOT}",
            DEXTO_CLOUDFLARE_EDGE_URL=given.fake.url,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "passed: cloudflare" in done.stdout and given.leftovers() == []


def test_a_credential_that_is_missing_is_named() -> None:
    done = _live("vercel")
    assert done.returncode == 1 and "VERCEL_TOKEN" in done.stdout
