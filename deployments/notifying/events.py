"""What can be told of, in the words in which a person chooses it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Event(StrEnum):
    """The names that programs receive: none of them ever changes."""

    LIVE = "deployment.live"
    FAILED = "deployment.failed"
    PREVIEW = "deployment.preview_ready"
    APPROVAL = "deployment.approval_wanted"
    ROLLED_BACK = "production.rolled_back"
    ROLLBACK_UNDONE = "production.rollback_undone"
    PROMOTED = "production.promoted"
    CRASHING = "agent.crashing"
    DOMAIN = "domain.problem"
    TEST = "test"


class Tone(StrEnum):
    """How it is coloured where there are colours."""

    GOOD = "good"
    BAD = "bad"
    ASKING = "asking"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class EventKind:
    """`name` is a heading, `means` when it is told, `several` counts it in a digest. `usual`: chosen beforehand."""

    name: str
    means: str
    several: str
    tone: Tone
    usual: bool = False


EVENTS: Final[Mapping[Event, EventKind]] = {
    Event.LIVE: EventKind("Live", "A push is in production.", "deployments went live", Tone.GOOD),
    Event.FAILED: EventKind(
        "Failed", "A deployment failed, took too long or was lost.", "deployments failed", Tone.BAD, usual=True
    ),
    Event.PREVIEW: EventKind("Preview ready", "A branch's preview can be looked at.", "previews are ready", Tone.GOOD),
    Event.APPROVAL: EventKind(
        "Approval wanted",
        "A fork's commit waits for somebody of the team.",
        "approvals are wanted",
        Tone.ASKING,
        usual=True,
    ),
    Event.ROLLED_BACK: EventKind("Rolled back", "Somebody took production back.", "rollbacks", Tone.ASKING, usual=True),
    Event.ROLLBACK_UNDONE: EventKind(
        "Rollback undone", "Production follows pushes again.", "rollbacks were undone", Tone.GOOD
    ),
    Event.PROMOTED: EventKind("Promoted", "Somebody took a deployment to production.", "promotions", Tone.GOOD),
    Event.CRASHING: EventKind(
        "Agent crashes", "An agent ended by itself again and again.", "agents crash", Tone.BAD, usual=True
    ),
    Event.DOMAIN: EventKind(
        "Domain problem",
        "A hostname of your own stopped being provable, or was refused.",
        "domain problems",
        Tone.BAD,
        usual=True,
    ),
    Event.TEST: EventKind("Test", "Somebody pressed the button.", "tests", Tone.PLAIN),
}
#: What a target may be told of; a test is asked for each time.
CHOICES: Final = tuple(event for event in Event if event is not Event.TEST)
