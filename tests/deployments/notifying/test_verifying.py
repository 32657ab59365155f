"""What docs/notifications.md shows verifies what is sent, and nothing else: each example is run as it stands there."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from builds.node_program import node_program
from deployments.notifying.channels import webhook
from deployments.notifying.channels.contract import Outgoing
from deployments.notifying.events import Event, Tone
from deployments.notifying.messages import Message, Told

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "notifications.md"
Verify = Callable[[str, dict[str, str], bytes], bool]


def example(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    return str(found)


def in_python(secret: str, headers: dict[str, str], body: bytes) -> bool:
    there: dict[str, Verify] = {}
    exec(example("python"), there)  # noqa: S102  # our own document
    return there["verified"](secret, headers, body)


def in_javascript(secret: str, headers: dict[str, str], body: bytes) -> bool:
    asked = f"console.log(verified(...{json.dumps([secret, headers, body.decode()])}))"
    script = f"{example('javascript')}\n{asked}"
    program = [str(node_program()), "--input-type=module", "-"]
    done = subprocess.run(program, input=script, capture_output=True, text=True, check=True)
    return done.stdout.strip() == "true"


@pytest.mark.parametrize("verified", [in_python, in_javascript])
def test_an_example_believes_what_is_signed_and_nothing_else(verified: Verify) -> None:
    secret, identifier, now = webhook.new_secret(), "0b0e9a9e-0000-4000-8000-000000000001", int(time.time())
    message = Message("greeter: main failed", "http://here/", (), Tone.BAD)
    told = (Told(Event.FAILED, {"summary": "grüße"}),)
    body = webhook.body_of(Outgoing(identifier, datetime(2024, 1, 1, tzinfo=UTC), message, told, "", (secret,)))

    def headers(timestamp: int) -> dict[str, str]:
        signed = webhook.signature(secret, identifier, timestamp, body)
        return {
            "webhook-id": identifier,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": f"v1,other {signed}",
        }

    assert verified(secret, headers(now), body)
    assert not verified(secret, headers(now), body + b" ")
    assert not verified(webhook.new_secret(), headers(now), body)
    assert not verified(secret, headers(now - 3_600), body)
    assert not verified(secret, {**headers(now), "webhook-id": "another"}, body)
