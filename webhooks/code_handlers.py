"""Acting on what happens in a repository: for each project that is linked to it."""

from __future__ import annotations

from deployments import pipeline, pull_requests, reruns
from webhooks.decisions import Decision, in_each_project
from webhooks.events import BranchDeleted, RepositoryPullRequest, RepositoryPush, RerunRequested
from webhooks.models import Delivery


def on_push(delivery: Delivery, event: RepositoryPush) -> Decision:
    return in_each_project(delivery, event.repository_id, lambda one: pipeline.handle_push(one, event.push))


def on_pull_request(delivery: Delivery, event: RepositoryPullRequest) -> Decision:
    return in_each_project(
        delivery, event.repository_id, lambda one: pull_requests.handle_pull_request(one, event.pull_request)
    )


def on_branch_deleted(delivery: Delivery, event: BranchDeleted) -> Decision:
    """A push says so too; this one comes also for more than three branches at once, of which no push tells."""
    return in_each_project(delivery, event.repository_id, lambda one: pipeline.tear_down_branch(one, event.branch))


def on_rerun(delivery: Delivery, event: RerunRequested) -> Decision:
    return in_each_project(
        delivery, event.repository_id, lambda one: reruns.rerun(one, event.head_sha, deployment=event.deployment)
    )
