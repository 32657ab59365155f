"""An incoming webhook of Slack, and of what speaks its language (https://api.slack.com/messaging/webhooks)."""

from __future__ import annotations

import json
from typing import Any, Final

from deployments.notifying.channels.contract import Channel, Outcome, Outgoing
from deployments.notifying.channels.posting import GONE, checked_url, post, shown_url
from deployments.notifying.events import Tone
from deployments.notifying.messages import Line, Message

#: 404: no_service, no_team, channel_not_found. 400 and 403 are about this message.
_GONE: Final = GONE | {404}
_REFUSED: Final = frozenset({400, 403})
_MARKS: Final = {Tone.GOOD: "✅", Tone.BAD: "🔴", Tone.ASKING: "🟠", Tone.PLAIN: "🔵"}


def escaped(text: str) -> str:
    """Slack's three characters; and an @ that reaches nobody, for chats that only look like Slack."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return plain.replace("@", "@\u200b")


def payload_of(message: Message) -> dict[str, Any]:
    """Strangers' words stand in plain text blocks, in which nothing is markup; links are ours."""
    title = f"{_MARKS[message.tone]} {message.title}"
    blocks = [_plain(title), *(block for line in message.lines for block in _blocks(line)), _link(message.url)]
    return {"text": escaped(title), "blocks": blocks, "unfurl_links": False, "link_names": 0}


def send(outgoing: Outgoing) -> Outcome:
    body = json.dumps(payload_of(outgoing.message)).encode()
    headers = {"Content-Type": "application/json"}
    return post(outgoing.address, body, headers=headers, gone=_GONE, refused=_REFUSED)


def _blocks(line: Line) -> list[dict[str, Any]]:
    if line.url and line.url != line.text:
        return [
            {
                "type": "section",
                "text": {"type": "mrkdwn", "text": f"<{line.url}|{_label(line.text)}>", "verbatim": True},
            }
        ]
    return [_plain(line.text)]


def _plain(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "plain_text", "text": text, "emoji": False}}


def _link(url: str) -> dict[str, Any]:
    return {
        "type": "context",
        "elements": [{"type": "mrkdwn", "text": f"<{url}|Open in Dexto Cloud>", "verbatim": True}],
    }


def _label(text: str) -> str:
    """Within a link a | would end its address."""
    return escaped(text).replace("|", "¦")


CHANNEL: Final = Channel(
    label="Incoming webhook’s URL",
    placeholder="https://hooks.slack.com/services/…",
    checked=checked_url,
    shown=shown_url,
    send=send,
)
