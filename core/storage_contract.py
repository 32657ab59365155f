"""What a custom storage module must offer: the contract as data, for the runtime and the build.

A module exports an object, or a class without arguments, with these methods; all of them answer promises.
"""

from dataclasses import dataclass
from enum import StrEnum


class Purpose(StrEnum):
    """What a method is for."""

    LIFECYCLE = "lifecycle"
    SESSIONS = "sessions"
    MESSAGES = "messages"
    SEARCH = "search"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument; `type` is TypeScript."""

    name: str
    type: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class Method:
    """One method; `returns` is what its promise holds."""

    name: str
    purpose: Purpose
    parameters: tuple[Parameter, ...]
    returns: str
    required: bool = True


_ID = Parameter("sessionId", "string")
_QUERY = Parameter("query", "SearchQuery")

STORAGE_CONTRACT: tuple[Method, ...] = (
    Method("initialize", Purpose.LIFECYCLE, (Parameter("config", "Record<string, unknown>"),), "void"),
    Method("close", Purpose.LIFECYCLE, (), "void"),
    Method("saveSession", Purpose.SESSIONS, (Parameter("session", "Session"),), "void"),
    Method("getSession", Purpose.SESSIONS, (_ID,), "Session | null"),
    Method("listSessions", Purpose.SESSIONS, (), "SessionMetadata[]"),
    Method("deleteSession", Purpose.SESSIONS, (_ID,), "void"),
    Method("saveMessages", Purpose.MESSAGES, (_ID, Parameter("messages", "Message[]")), "void"),
    Method(
        "getMessages",
        Purpose.MESSAGES,
        (_ID, Parameter("options", "PaginationOptions", required=False)),
        "Message[]",
    ),
    # Search may be left out: the runtime then looks through what it can list.
    Method("searchMessages", Purpose.SEARCH, (_QUERY,), "SearchResult[]", required=False),
    Method("searchSessions", Purpose.SEARCH, (_QUERY,), "SearchResult[]", required=False),
)


def required_methods() -> tuple[str, ...]:
    """The names without which a module is refused."""
    return tuple(method.name for method in STORAGE_CONTRACT if method.required)


def as_dict() -> dict[str, object]:
    """The contract for programs in other languages: the runtime's check is made from it."""
    return {
        "version": 1,
        "methods": [
            {
                "name": method.name,
                "purpose": method.purpose.value,
                "parameters": [
                    {"name": one.name, "type": one.type, "required": one.required} for one in method.parameters
                ],
                "returns": method.returns,
                "required": method.required,
            }
            for method in STORAGE_CONTRACT
        ],
    }
