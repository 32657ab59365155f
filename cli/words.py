"""Words of the platform that an option may have: what else is typed is told at once, with those that there are."""

from __future__ import annotations

from enum import StrEnum


class EnvironmentName(StrEnum):
    PRODUCTION = "production"
    PREVIEW = "preview"
    DEVELOPMENT = "development"


class RoleName(StrEnum):
    OWNER = "owner"
    MEMBER = "member"
    VIEWER = "viewer"


class ScopeName(StrEnum):
    READ = "read"
    DEPLOY = "deploy"
    CONFIGURE = "configure"
    ADMIN = "admin"


class NotificationKind(StrEnum):
    EMAIL = "email"
    SLACK = "slack"
    DISCORD = "discord"
    WEBHOOK = "webhook"
