"""Destinations, accounts, domains and verdicts, as a person types them against a running installation."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.installation import Installation
from tests.cli.process import read, run
from tests.road import agents
from tests.road.agents import Agent


@pytest.fixture
def agent(installed: Installation, tmp_path: Path) -> Agent:
    return agents.make(installed, tmp_path / "agent")


def test_where_a_project_goes_and_what_its_pushes_came_to(agent: Agent) -> None:
    agent.deployed("first")
    found, slug = agent.found, agent.slug
    assert [one["name"] for one in read(found, "destinations", slug)] == ["local"]
    assert read(found, "pushes", slug)[0]["verdict"]["sentence"] == "Ready"
    assert "Ready" in run(found, "pushes", slug).stdout
    refused = run(found, "canary", slug, "10", read(found, "deployments", slug)[0]["id"])
    assert refused.returncode == 1 and "[canary_unsupported]" in refused.stderr
    assert run(found, "canary", slug, "0").stdout.endswith("there is no canary\n")
    assert read(found, "service", "list", slug) == []


def test_a_domain_is_added_with_the_records_to_set(agent: Agent) -> None:
    found, slug = agent.found, agent.slug
    added = run(found, "domain", "add", slug, f"{slug}.acme-shop.com")
    assert "TXT" in added.stdout and f"_dexto.{slug}.acme-shop.com" in added.stdout
    assert [one["state"] for one in read(found, "domain", "list", slug)] == ["waiting"]
    assert "[hostname_refused]" in run(found, "domain", "add", slug, "localhost").stderr
    assert run(found, "domain", "remove", slug, f"{slug}.acme-shop.com").returncode == 0
    assert read(found, "domain", "list", slug) == []


def test_an_account_without_its_fields_is_refused_by_name(installed: Installation) -> None:
    refused = run(installed, "account", "add", "cloudflare", stdin="{}")
    assert refused.returncode == 1 and "[credential_incomplete]" in refused.stderr
    assert run(installed, "account", "replace", "cloudflare", stdin="{}").returncode == 1
    assert read(installed, "account", "list") == []
