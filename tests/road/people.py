"""A person at the dashboard of a running installation, without a browser: links, cookies and forms."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from bench.installation import PROGRAM, Installation

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Person:
    client: httpx.Client

    def post(self, path: str, form: Mapping[str, str]) -> str:
        """Fills in the form of a page and sends it; the page that follows."""
        page = self.client.get(path).raise_for_status().text
        found = _TOKEN.search(page)
        assert found, path
        answer = self.client.post(path, data={"csrfmiddlewaretoken": found[1], **form})
        return answer.raise_for_status().text


def sign_in_link(found: Installation, user: str = "admin") -> str:
    """As `dexto-cloud sign-in` prints it on the server."""
    done = subprocess.run([PROGRAM, "sign-in", user], env=found.environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@contextmanager
def signed_in(found: Installation) -> Iterator[Person]:
    link = sign_in_link(found)
    with httpx.Client(base_url=found.url, follow_redirects=True, trust_env=False) as client:
        person = Person(client)
        person.post(link.removeprefix(found.url), {})
        yield person
