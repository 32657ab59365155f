"""What a code means."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Explanation:
    """One code of a finding or an error: its title, why it is said, and what to do."""

    code: str
    title: str
    explanation: str
    next_step: str
