"""The team from a terminal: tokens, people, what happened; and domains, under the names that a person tries."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.installation import Installation
from cli.exits import Exit
from tests.cli.process import read, run
from tests.road import agents
from tests.road.agents import Agent


@pytest.fixture
def agent(installed: Installation, tmp_path: Path) -> Agent:
    return agents.make(installed, tmp_path / "agent")


def test_a_token_is_made_used_and_revoked(installed: Installation) -> None:
    made = read(installed, "tokens", "create", "ci", "--scope", "read", "--days", "2")
    assert json.loads(run(installed, "whoami", "--json", token=made["token"]).stdout)["scopes"] == ["read"]
    assert "ci" in [one["name"] for one in read(installed, "tokens", "ls")]
    wider = run(installed, "tokens", "create", "more", token=made["token"])
    assert wider.returncode == Exit.FAILED
    assert "[not_allowed]" in wider.stderr
    assert read(installed, "tokens", "revoke", "ci") == {"revoked": made["id"], "name": "ci"}
    assert "[not_signed_in]" in run(installed, "whoami", token=made["token"]).stderr
    assert "[token_unknown]" in run(installed, "tokens", "revoke", "ci").stderr


def test_people_are_invited_and_the_audit_says_so(installed: Installation) -> None:
    made = read(installed, "members", "invite", "Ada from support", "--role", "viewer")
    assert made["url"].startswith(installed.url)
    assert made["id"] in [one["id"] for one in read(installed, "members", "invitations")]
    said = read(installed, "audit", "--about", "Ada from support")
    assert [(one["verb"], one["person"]) for one in said] == [("person.invited", "admin")]
    assert read(installed, "members", "withdraw", str(made["id"])) == {"withdrawn": made["id"]}
    assert {"user": "admin", "role": "owner"} in read(installed, "members", "ls")


def test_a_domain_is_added_verified_and_removed(installed: Installation) -> None:
    slug = read(installed, "project", "create", "has-a-domain")["slug"]
    hostname = "chat.acme-cli.com"
    made = run(installed, "domains", "add", slug, hostname)
    assert made.returncode == Exit.OK, made.stderr
    assert read(installed, "domains", "verify", slug, hostname)["hostname"] == hostname
    assert [one["hostname"] for one in read(installed, "domains", "ls", slug)] == [hostname]
    assert read(installed, "domain", "list", slug) == read(installed, "domains", "ls", slug)
    assert read(installed, "domains", "rm", slug, hostname) == {"removed": hostname}


def test_a_rollback_goes_to_a_deployment_or_by_a_project(agent: Agent, tmp_path: Path) -> None:
    found, folder = agent.found, tmp_path / "linked"
    folder.mkdir()
    first = agent.deployed("first")
    agent.write("VERSION", "2")
    second = agent.deployed("second")
    assert run(found, "rollback", folder=folder).returncode == Exit.USAGE
    assert run(found, "link", agent.slug, folder=folder).returncode == Exit.OK
    assert read(found, "rollback", first["id"], folder=folder)["deployment"] == first["id"]
    assert read(found, "undo-rollback", folder=folder)["deployment"] == second["id"]
    assert read(found, "rollback", folder=folder)["deployment"] == first["id"]
    assert read(found, "undo-rollback", agent.slug)["deployment"] == second["id"]
    assert read(found, "rollback", agent.slug, first["id"])["deployment"] == first["id"]
    told = read(found, "deliveries", "ls", "--status", "processed")
    assert {one["event"] for one in told} >= {"push"}
    assert read(found, "deliveries", "replay", str(told[0]["id"]))["status"] == "received"


@pytest.mark.parametrize(("typo", "meant"), [("deploi", "deploy"), ("env lss", "ls"), ("tokens creat", "create")])
def test_a_typo_is_answered_with_what_is_meant(installed: Installation, typo: str, meant: str) -> None:
    done = run(installed, *typo.split())
    assert done.returncode == Exit.USAGE
    assert f"Did you mean '{meant}'" in done.stderr
