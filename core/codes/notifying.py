"""Codes about who is told of what happens, and how."""

from core.codes.explanation import Explanation

CODES = (
    Explanation(
        "notification_unsigned",
        "What is sent there is not signed",
        "Only webhooks of one's own have a secret that signs. A chat's address is itself what others must not know.",
        "Make another address at the chat, add that, and remove this one.",
    ),
    Explanation(
        "mail_off",
        "There is no mail server",
        "This installation sends mail by a server that its operator names. None is named.",
        "Have the operator set DEXTO_SMTP_URL, or choose a chat or a webhook.",
    ),
    Explanation(
        "notification_address",
        "Nothing can be sent there",
        "A webhook is a URL with https, without a user in it; http is for private networks that the operator named. "
        "Mail goes to one address.",
        "Paste the address as the chat or the program shows it.",
    ),
    Explanation(
        "notification_events",
        "It is not said what to tell",
        "A target is told of the events that were chosen for it: at least one, and only such as there are.",
        "Choose them by the names that the page and the API list.",
    ),
    Explanation(
        "notification_kind",
        "There is no such way to be told",
        "A target is an e-mail address, a webhook of Slack or Discord, or a signed webhook.",
        "Choose email, slack, discord or webhook.",
    ),
    Explanation(
        "target_paused",
        "The target is told nothing now",
        "A person paused it, or its receiver said that nothing is taken there any more; or it was removed.",
        "Resume it and send again; add it anew where it was removed.",
    ),
    Explanation(
        "target_unknown",
        "Nobody is told under that name",
        "No target of the team's notifications has that id or that name, or it is another project's than the token's.",
        "Name it as `dexto-cloud notifications ls` shows it.",
    ),
    Explanation(
        "too_many_targets",
        "The team has too many targets",
        "Each event is sent to each target that listens, so that there is a limit on how many there may be.",
        "Remove one that nobody reads any more.",
    ),
    Explanation(
        "too_many_tests",
        "Too many tests at once",
        "A test is sent while you wait, so that there is a limit on how many may be sent in a minute.",
        "Wait a minute, then press it again.",
    ),
)
