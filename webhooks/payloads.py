"""From a payload to a typed event, at the door: nothing behind this module sees JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from pydantic import ValidationError

from core.errors import UserError
from webhooks import app_payloads, code_payloads
from webhooks.events import Event, Ignored, Ping

_PARSERS: Final[Mapping[str, Callable[[str, bytes], Event]]] = {
    "push": code_payloads.push,
    "pull_request": code_payloads.pull_request,
    "delete": code_payloads.delete,
    "check_run": code_payloads.check_run,
    "check_suite": code_payloads.check_suite,
    "repository": app_payloads.repository,
    "installation": app_payloads.installation,
    "installation_repositories": app_payloads.installation_repositories,
    "github_app_authorization": app_payloads.authorization,
}


def parse(guid: str, event: str, body: bytes) -> Event:
    """Raises UserError when the payload is not what GitHub says that it sends."""
    if event == "ping":
        return Ping()
    if event not in _PARSERS:
        return Ignored(f"the event {event} is not acted upon")
    try:
        return _PARSERS[event](guid, body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise UserError(
            "payload_invalid",
            f"The event {event} has no valid {place}.",
            "Compare it with GitHub's description of the event.",
        ) from error
