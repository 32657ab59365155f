"""Mail, by the server that the operator named. Off where none is."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMessage, get_connection


def is_on() -> bool:
    return bool(settings.SMTP)


def send(address: str, subject: str, text: str, *, identifier: str = "") -> None:
    """With an identifier the same mail sent twice has the same Message-ID. Raises OSError, of which the errors of SMTP
    are some."""
    headers = {"Message-ID": f"<{identifier}@dexto-cloud>"} if identifier else {}
    message = EmailMessage(f"{subject} · Dexto Cloud", text, settings.MAIL_FROM, [address], headers=headers)
    message.connection = get_connection(settings.MAIL_BACKEND, **settings.SMTP)
    message.send()
