"""Mail to one address, by the installation's mail server."""

from __future__ import annotations

from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from core.errors import UserError
from deployments.notifying.channels.contract import Channel, Outcome, Outgoing, Result
from deployments.notifying.messages import Line, Message
from projects import mail

_LONGEST: Final = 254


def checked(text: str) -> str:
    """Raises UserError, also where this installation sends no mail."""
    address = text.strip()
    if not mail.is_on():
        raise UserError(
            "mail_off",
            "This installation has no mail server, so it sends no mail.",
            "Have the operator name one in DEXTO_SMTP_URL, or choose a chat or a webhook.",
        )
    try:
        validate_email(address)
    except ValidationError as error:
        raise UserError(
            "notification_address", "That is no e-mail address.", "Write it as name@example.com."
        ) from error
    if len(address) > _LONGEST:
        raise UserError("notification_address", "That e-mail address is too long.", "Use a shorter one.")
    return address


def text_of(message: Message) -> str:
    lines = "\n".join(map(_line, message.lines))
    return f"{message.title}\n\n{lines}\n\n{message.url}\n"


def send(outgoing: Outgoing) -> Outcome:
    """Raises UserError where the mail server was taken away meanwhile."""
    try:
        mail.send(checked(outgoing.address), outgoing.message.title, text_of(outgoing.message), identifier=outgoing.id)
    except UserError as error:
        return Outcome(Result.REFUSED, error.sentence)
    except SMTPRecipientsRefused as error:
        codes = [code for code, _words in error.recipients.values()]
        return Outcome(
            Result.REFUSED if min(codes, default=0) >= 500 else Result.LATER, "The mail server refused the address."
        )
    except SMTPResponseException as error:
        result = Result.REFUSED if error.smtp_code >= 500 and error.smtp_code != 535 else Result.LATER
        return Outcome(result, f"The mail server answered {error.smtp_code}.")
    except (SMTPException, OSError) as error:
        return Outcome(Result.LATER, f"The mail server did not take it ({type(error).__name__}).")
    return Outcome(Result.SENT, "The mail server took it.")


def _line(line: Line) -> str:
    return f"- {line.text}\n  {line.url}" if line.url and line.url != line.text else line.text


CHANNEL: Final = Channel(label="E-mail address", placeholder="ops@example.com", checked=checked, shown=str, send=send)
