"""What a channel is given, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto

from deployments.notifying.messages import Message, Told


class Result(Enum):
    SENT = auto()
    LATER = auto()  # it may pass
    REFUSED = auto()  # this message will never be taken
    GONE = auto()  # nothing will ever be taken here again


@dataclass(frozen=True, slots=True)
class Outcome:
    """`words` are the receiver's own, or ours about it; `after` is for how many seconds it asks not to be asked."""

    result: Result
    words: str
    status: int | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message. `told` is what it is made of: one event where the channel sums nothing up."""

    id: str
    at: datetime
    message: Message
    told: tuple[Told, ...]
    address: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)  # each of them signs


@dataclass(frozen=True, slots=True)
class Channel:
    """`checked` is the address as it is kept, and raises UserError; `shown` is what of it is no secret."""

    label: str  # of the address, in a form
    placeholder: str
    checked: Callable[[str], str]
    shown: Callable[[str], str]
    send: Callable[[Outgoing], Outcome]
    is_for_people: bool = True  # who would rather read a sum than a flood
    is_signed: bool = False
