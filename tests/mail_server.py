"""A real mail server for tests, which keeps what it took."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from urllib.parse import quote

SECRET = "of the mail server"


class Mailbox:
    """Every mail that was taken. Who writes to somebody of `unknown` is refused."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.unknown: set[str] = set()
        self.url = ""

    def text(self) -> str:
        """Of the last mail."""
        found = self.mails[-1].get_payload(decode=True)
        assert isinstance(found, bytes)
        return found.decode()


class MailServer(ThreadingTCPServer):
    """Takes mail of who signs in: the part of SMTP (RFC 5321, 4954) that a client needs."""

    def __init__(self, box: Mailbox) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.box = box


class Conversation(StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self._say("220 mail.example")
        is_known = False
        while line := self.rfile.readline().decode().strip():
            verb = line.partition(" ")[0].upper()
            if verb == "AUTH":
                is_known = b64decode(line.split()[2]).split(b"\0")[1:] == [b"dexto", SECRET.encode()]
                self._say("235 welcome" if is_known else "535 no")
            elif verb in ("MAIL", "RCPT", "DATA") and not is_known:
                self._say("530 sign in first")
            elif verb == "RCPT" and line.partition("<")[2].partition(">")[0] in self.server.box.unknown:
                self._say("550 nobody of that name")
            elif verb == "DATA":
                self._say("354 go on")
                self._take()
            elif verb == "EHLO":
                self._say("250-mail.example", "250 AUTH PLAIN")
            else:
                self._say("221 bye" if verb == "QUIT" else "250 OK")

    def _take(self) -> None:
        lines = list(iter(self.rfile.readline, b".\r\n"))
        self.server.box.mails.append(message_from_bytes(b"".join(lines)))
        self._say("250 taken")

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """On a free port; `url` is what DEXTO_SMTP_URL would say."""
    box = Mailbox()
    with MailServer(box) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        box.url = f"smtp+plain://dexto:{quote(SECRET)}@127.0.0.1:{server.server_address[1]}"
        yield box
        server.shutdown()
        thread.join()
