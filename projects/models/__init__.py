"""Who owns what, what they configured, and the durable work that is done for them."""

from projects.models.answered import AnsweredRequest
from projects.models.audit import AuditEntry
from projects.models.code_hosts import CodeHostIdentity, DeliveryMode, GitHubApp, Installation, Invitation
from projects.models.device_logins import DeviceLogin
from projects.models.operations import Operation, OperationStatus, OutboxEvent
from projects.models.projects import Project, Repository
from projects.models.teams import ApiToken, Membership, Role, Team, User
from projects.models.tenancy import TeamOwned, TeamQuerySet
from projects.models.trusted_deploys import DeployPolicy, UsedAssertion
from projects.models.variables import Environment, SecretVersion, Variable

__all__ = [
    "AnsweredRequest",
    "ApiToken",
    "AuditEntry",
    "CodeHostIdentity",
    "DeliveryMode",
    "DeployPolicy",
    "DeviceLogin",
    "Environment",
    "GitHubApp",
    "Installation",
    "Invitation",
    "Membership",
    "Operation",
    "OperationStatus",
    "OutboxEvent",
    "Project",
    "Repository",
    "Role",
    "SecretVersion",
    "Team",
    "TeamOwned",
    "TeamQuerySet",
    "UsedAssertion",
    "User",
    "Variable",
]
