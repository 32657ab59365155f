"""What a repository is told, against the fake, which keeps GitHub's rules."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clients.code_host import (
    Annotation,
    AnnotationLevel,
    CheckConclusion,
    CheckRun,
    CommitStatus,
    DeploymentReport,
    DeploymentState,
    NewDeployment,
    StatusState,
)
from clients.code_host_errors import CodeHostMissingError, CodeHostRefusedError, CodeHostRejectedError
from tests.clients.github.conftest import Linked

PAGE = "http://localhost:8400/acme/agent"


def _status(linked: Linked) -> CommitStatus:
    return CommitStatus(linked.sha, "dexto/agent", StatusState.PENDING, "Building", PAGE)


def _deployment(linked: Linked) -> NewDeployment:
    return NewDeployment(linked.sha, "Preview – agent", production=False, transient=True, description="", key="k1")


def _check(linked: Linked) -> CheckRun:
    return CheckRun(linked.sha, "dexto/agent", "agent:1", "Building", "Two findings.", PAGE)


def test_a_status_is_told_and_known_to_be_told(linked: Linked) -> None:
    reports, status = linked.reports, _status(linked)
    assert not reports.has_status(status)
    reports.create_status(status)
    assert reports.has_status(status)
    done = replace(status, state=StatusState.SUCCESS, description="Ready. " * 40)
    assert not reports.has_status(done)
    reports.create_status(done)
    assert reports.has_status(done)
    assert not reports.has_status(status)
    assert len(linked.world.statuses[-1]["description"]) == 140


def test_a_status_of_an_unknown_commit_is_rejected(linked: Linked) -> None:
    with pytest.raises(CodeHostRejectedError, match="No commit found"):
        linked.reports.create_status(replace(_status(linked), sha="0" * 40))


def test_a_deployment_is_found_by_its_key_and_takes_statuses(linked: Linked) -> None:
    reports, wanted = linked.reports, _deployment(linked)
    reports.create_status(_status(linked))  # pending: it must not keep the deployment from being made
    made = reports.create_deployment(wanted)
    assert reports.find_deployment(wanted) == made
    assert reports.find_deployment(replace(wanted, key="k2")) is None
    assert reports.newest_deployment_state(made) is None
    reports.create_deployment_status(made, DeploymentReport(DeploymentState.QUEUED, "Queued", PAGE))
    reports.create_deployment_status(
        made, DeploymentReport(DeploymentState.SUCCESS, "Ready", PAGE, "http://agent.localhost:8400")
    )
    assert reports.newest_deployment_state(made) == DeploymentState.SUCCESS
    (row,) = linked.world.deployments
    assert (row["transient_environment"], row["production_environment"]) == (True, False)
    assert linked.world.deployment_statuses[-1]["environment_url"] == "http://agent.localhost:8400"


def test_a_check_takes_more_annotations_than_fit_one_request(linked: Linked) -> None:
    reports = linked.reports
    found = [
        Annotation("agent.yml", line, AnnotationLevel.WARNING, "unknown_key", f"Line {line} is odd.")
        for line in range(1, 121)
    ]
    wanted = replace(_check(linked), annotations=found, conclusion=CheckConclusion.FAILURE)
    made = reports.create_check_run(wanted)
    assert reports.find_check_run(wanted) == made
    assert [one["start_line"] for one in linked.world.annotations[made]] == list(range(1, 121))
    assert linked.world.check_runs[0]["conclusion"] == "failure"


def test_a_check_goes_from_progress_to_its_conclusion(linked: Linked) -> None:
    reports, wanted = linked.reports, _check(linked)
    made = reports.create_check_run(wanted)
    assert linked.world.check_runs[0]["status"] == "in_progress"
    reports.update_check_run(made, replace(wanted, conclusion=CheckConclusion.SUCCESS, title="Ready"))
    (run,) = linked.world.check_runs
    assert (run["status"], run["conclusion"], run["output"]["title"]) == ("completed", "success", "Ready")
    assert reports.find_check_run(replace(wanted, external_id="agent:2")) is None


def test_a_comment_is_found_again_among_those_of_others(linked: Linked) -> None:
    linked.world.page_size = 2
    linked.world.commit(linked.repository, "change", {"a": "b"})
    pull = linked.world.open_pull(linked.repository, linked.repository, "change")
    reports = linked.reports
    for number in range(3):
        reports.create_comment(pull.number, f"another {number}")
    made = reports.create_comment(pull.number, "<!-- dexto:1 -->\nDeployed.")
    linked.world.comments[0] |= {"user": None, "body": "<!-- dexto:1 --> said by somebody else"}
    assert reports.find_comment(pull.number, "<!-- dexto:1 -->") == made
    assert reports.find_comment(pull.number, "<!-- dexto:2 -->") is None
    reports.update_comment(made, "x" * 70_000)
    assert len(linked.world.comments[-1]["body"]) == 65_536
    linked.world.comments.clear()
    with pytest.raises(CodeHostMissingError):
        reports.update_comment(made, "gone")


def test_what_the_app_was_not_permitted_is_refused_with_what_to_do(linked: Linked) -> None:
    linked.installation.permissions = {"contents": "read"}
    with pytest.raises(CodeHostRefusedError, match="not accessible by integration"):
        linked.reports.create_status(_status(linked))
    linked.installation.suspended = True
    with pytest.raises(CodeHostRefusedError, match="suspended"):
        linked.reports.create_status(_status(linked))
