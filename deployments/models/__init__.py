"""What a push came to: deployments, the routes that point at them, the instances that answer, who is told of it."""

from deployments.models.accounts import Account, AccountField
from deployments.models.artefacts import ArtefactToken
from deployments.models.deployments import (
    DEPLOYMENT_STATES,
    Deployment,
    DeploymentStatus,
    DeploymentVariable,
    Source,
)
from deployments.models.destinations import DeclaredBy, Destination
from deployments.models.domains import Domain, DomainState
from deployments.models.metrics import AgentCounts, AgentHour, AgentMinute
from deployments.models.nodes import Instance, Node, Observed, Wanted
from deployments.models.notifications import (
    NOTIFICATION_STATES,
    Notification,
    NotificationStatus,
    NotificationTarget,
    TargetKind,
)
from deployments.models.pull_requests import PullRequest
from deployments.models.pushes import Push
from deployments.models.reports import CheckReport, CommentReport, DeploymentReport, StatusReport
from deployments.models.routes import Cause, Route, RouteChange, RouteKind
from deployments.models.services import CloudService, CloudVersion
from deployments.models.storages import AgentStorage, AgentStorageVariable

__all__ = [
    "DEPLOYMENT_STATES",
    "NOTIFICATION_STATES",
    "Account",
    "AccountField",
    "AgentCounts",
    "AgentHour",
    "AgentMinute",
    "AgentStorage",
    "AgentStorageVariable",
    "ArtefactToken",
    "Cause",
    "CheckReport",
    "CloudService",
    "CloudVersion",
    "CommentReport",
    "DeclaredBy",
    "Deployment",
    "DeploymentReport",
    "DeploymentStatus",
    "DeploymentVariable",
    "Destination",
    "Domain",
    "DomainState",
    "Instance",
    "Node",
    "Notification",
    "NotificationStatus",
    "NotificationTarget",
    "Observed",
    "PullRequest",
    "Push",
    "Route",
    "RouteChange",
    "RouteKind",
    "Source",
    "StatusReport",
    "TargetKind",
    "Wanted",
]
