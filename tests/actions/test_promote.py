"""The reusable action, run as a runner runs it, against the real API and the fake GitHub's issuer."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings as ours
from pytest_django.live_server_helper import LiveServer

from deployments.models import Deployment
from projects import trusted_deploys
from projects.models import Project
from projects.trusted_deploys import Wanted
from tests import factories, github_world
from tests.github_world import Place
from tests.web_server import Reply, web_server

FOLDER = Path(__file__).resolve().parents[2] / "actions" / "promote"
pytestmark = pytest.mark.django_db(transaction=True)


def run(at: Place, deployment: Deployment, folder: Path) -> subprocess.CompletedProcess[str]:
    proof = json.dumps({"value": at.world.issuer.token(at.hosted, ours.PUBLIC_URL)}).encode()
    with web_server({"/token": Reply(200, proof)}) as runner:
        environment = {
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{runner.url}/token?api-version=2",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "of-the-runner",
            "DEXTO_URL": ours.PUBLIC_URL,
            "DEXTO_TEAM": deployment.team.slug,
            "DEXTO_PROJECT": deployment.project.slug,
            "DEXTO_SECONDS": "5",
            "GITHUB_SHA": deployment.push.after,
            "GITHUB_OUTPUT": str(folder / "output"),
        }
        argv = [sys.executable, str(FOLDER / "promote.py")]
        return subprocess.run(argv, env=environment, capture_output=True, text=True, check=False, timeout=60)


def trust(project: Project, at: Place) -> None:
    actor = project.team.memberships.get().user
    wanted = Wanted("production", str(at.hosted.id), str(at.owner.id), "refs/heads/main")
    trusted_deploys.trust(project, wanted, actor=actor)


def test_a_job_that_is_trusted_is_told_when_its_commit_is_live(
    live_server: LiveServer, settings: Any, tmp_path: Path
) -> None:
    with github_world.place(tmp_path) as at:
        settings.PUBLIC_URL, settings.ACTIONS_ISSUER = live_server.url, at.world.issuer.url
        live = factories.ready(factories.project())
        refused = run(at, live, tmp_path)
        assert refused.returncode != 0
        assert "No policy of this project fits" in refused.stderr
        trust(live.project, at)
        done = run(at, live, tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert (tmp_path / "output").read_text() == f"deployment={live.public_id}\n"
        assert done.stdout.startswith("::add-mask::dexto_")
        assert done.stdout.count("dexto_") == 1


def test_it_asks_for_no_secret_and_runs_what_is_beside_it() -> None:
    action = yaml.safe_load((FOLDER / "action.yml").read_text())
    assert set(action["inputs"]) == {"url", "team", "project", "seconds"}
    (step,) = action["runs"]["steps"]
    assert step["run"] == 'python3 "$GITHUB_ACTION_PATH/promote.py"'
