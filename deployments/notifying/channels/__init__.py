"""Every way to reach somebody, by its kind. Each is a module of the same shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from deployments.models import TargetKind
from deployments.notifying.channels import discord, email, slack, webhook
from deployments.notifying.channels.contract import Channel

CHANNELS: Final[Mapping[TargetKind, Channel]] = {
    TargetKind.EMAIL: email.CHANNEL,
    TargetKind.SLACK: slack.CHANNEL,
    TargetKind.DISCORD: discord.CHANNEL,
    TargetKind.WEBHOOK: webhook.CHANNEL,
}
