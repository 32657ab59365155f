"""What a push came to: deployments, the routes that point at them, the instances that answer."""

from deployments.models.deployments import (
    DEPLOYMENT_STATES,
    Deployment,
    DeploymentStatus,
    DeploymentVariable,
    Source,
)
from deployments.models.destinations import Destination
from deployments.models.nodes import Instance, Node, Observed, Wanted
from deployments.models.pull_requests import PullRequest
from deployments.models.pushes import Push
from deployments.models.reports import CheckReport, CommentReport, DeploymentReport, StatusReport
from deployments.models.routes import Cause, Route, RouteChange, RouteKind

__all__ = [
    "DEPLOYMENT_STATES",
    "Cause",
    "CheckReport",
    "CommentReport",
    "Deployment",
    "DeploymentReport",
    "DeploymentStatus",
    "DeploymentVariable",
    "Destination",
    "Instance",
    "Node",
    "Observed",
    "PullRequest",
    "Push",
    "Route",
    "RouteChange",
    "RouteKind",
    "Source",
    "StatusReport",
    "Wanted",
]
