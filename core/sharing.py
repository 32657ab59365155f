"""What of an agent's interface needs a store that all of its instances share: one table, for the build and the runtime.

A process that stays knows its own turns. Where each request may come to a fresh process, a request about a turn that
another one began is answered only where a shared store carries the news; elsewhere the runtime answers 501, and the
build says so beforehand.
"""

from dataclasses import dataclass
from typing import Final

from core.targets import Target


@dataclass(frozen=True, slots=True)
class Feature:
    """A part of the interface. `sentence` begins an error's; the routes are those that it is about."""

    key: str
    sentence: str
    routes: tuple[str, ...]


FEATURES: Final = (
    Feature("later", "A message that is answered later", ("POST /api/message",)),
    Feature("attach", "Attaching to a running turn", ("GET /api/sessions/{id}/events",)),
    Feature("cancel", "Cancelling a turn", ("POST /api/sessions/{id}/cancel",)),
    Feature("approvals", "Answering an approval", ("POST /api/approvals/{id}",)),
)

_ALL: Final = frozenset(feature.key for feature in FEATURES)

#: What holds without a shared store. With one, everything does on every target.
HOLDS: Final[dict[Target, frozenset[str]]] = {
    Target.NODEJS: _ALL,
    Target.CLOUDFLARE: _ALL,  # each session has one object, which knows its turns
    Target.LAMBDA: frozenset(),
    Target.VERCEL: frozenset(),
}

#: `storage` that all instances share: what stands at `database`, or at `cache`, where turns can be told too.
SHARED_DATABASES: Final = frozenset({"postgres"})
SHARED_CACHES: Final = frozenset({"redis"})


def lacking(target: Target) -> tuple[Feature, ...]:
    """What does not hold on a target without a shared store."""
    return tuple(feature for feature in FEATURES if feature.key not in HOLDS[target])


def as_dict() -> dict[str, object]:
    """The table for programs in other languages: runtime/src/http/sharing.json is this."""
    return {
        "features": {feature.key: feature.sentence for feature in FEATURES},
        "holds": {target.value: sorted(HOLDS[target]) for target in Target},
    }
