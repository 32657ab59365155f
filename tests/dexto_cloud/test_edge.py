"""The edge's configuration: Caddy itself says whether it is one, and a missing setting is named."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from dexto_cloud.edge import specification
from dexto_cloud.edge_configuration import configuration
from dexto_cloud.environment import Environment

CADDY = Path(sys.executable).with_name("caddy")
SETTINGS = {
    "DEXTO_PUBLIC_URL": "https://cloud.example.com",
    "DEXTO_BASE_DOMAIN": "Agents.example.net",
    "DEXTO_RUN_DIR": "/run/dexto",
}


@pytest.mark.parametrize("authority", ["", "internal", "none", "https://acme.example.com/directory"])
def test_caddy_accepts_it(authority: str, tmp_path: Path) -> None:
    values = SETTINGS | {"DEXTO_TLS_AUTHORITY": authority, "DEXTO_TLS_EMAIL": "ada@example.com"}
    kept = tmp_path / "caddy.json"
    kept.write_text(json.dumps(configuration(specification(Environment(values)))))
    argv = [CADDY, "validate", "--config", kept]
    said = subprocess.run(argv, env={"HOME": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr


def test_behind_another_proxy_it_listens_without_tls_and_believes_how_a_request_came() -> None:
    made = configuration(specification(Environment(SETTINGS | {"DEXTO_TLS_AUTHORITY": "none"})))
    edge = made["apps"]["http"]["servers"]["edge"]
    assert edge["listen"] == [":8080"]
    assert "10.0.0.0/8" in edge["trusted_proxies"]["ranges"]
    assert "tls" not in made["apps"]


def test_with_certificates_of_its_own_it_believes_nobody() -> None:
    edge = configuration(specification(Environment(SETTINGS)))["apps"]["http"]["servers"]["edge"]
    assert edge["listen"] == [":8443"]
    assert "trusted_proxies" not in edge


def test_a_missing_setting_is_a_sentence() -> None:
    argv = [CADDY.with_name("dexto-cloud"), "edge"]
    said = subprocess.run(argv, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False)
    assert said.returncode == 1
    assert said.stderr.startswith("The environment variable DEXTO_PUBLIC_URL is missing. Set it and start again.")
    assert "[setting_missing]" in said.stderr
