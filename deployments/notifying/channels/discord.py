"""A webhook of a Discord channel (https://discord.com/developers/docs/resources/webhook#execute-webhook)."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from deployments.notifying.channels.contract import Channel, Outcome, Outgoing
from deployments.notifying.channels.posting import GONE, checked_url, post, shown_url
from deployments.notifying.events import Tone
from deployments.notifying.messages import Line, Message

#: 404: the webhook was deleted. 400, 401 and 403 are about this message.
_GONE: Final = GONE | {404}
_REFUSED: Final = frozenset({400, 401, 403})
_COLOURS: Final = {Tone.GOOD: 0x2E9E5B, Tone.BAD: 0xD64545, Tone.ASKING: 0xD9822B, Tone.PLAIN: 0x5865F2}
_MARKUP: Final = re.compile(r"([\\*_~`|>#\[\]()<:@-])")


def escaped(text: str) -> str:
    """Each character that could begin markup, behind a backslash."""
    return _MARKUP.sub(r"\\\1", text)


def payload_of(message: Message) -> dict[str, Any]:
    """An embed, in which nobody is ever mentioned; and nobody may be, in so many words."""
    embed = {
        "title": escaped(message.title)[:256],
        "url": message.url,
        "description": "\n".join(map(_line, message.lines))[:4_000],
        "color": _COLOURS[message.tone],
    }
    return {"embeds": [embed], "allowed_mentions": {"parse": []}}


def send(outgoing: Outgoing) -> Outcome:
    body = json.dumps(payload_of(outgoing.message)).encode()
    headers = {"Content-Type": "application/json"}
    return post(outgoing.address, body, headers=headers, gone=_GONE, refused=_REFUSED)


def _line(line: Line) -> str:
    if line.url == line.text:
        return line.url
    return f"[{escaped(line.text)}]({line.url})" if line.url else escaped(line.text)


CHANNEL: Final = Channel(
    label="Webhook’s URL",
    placeholder="https://discord.com/api/webhooks/…",
    checked=checked_url,
    shown=shown_url,
    send=send,
)
