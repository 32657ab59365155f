"""This installation's artefact address as a vendor sees it: a bearer, and each time another address that is signed."""

from __future__ import annotations

import secrets
from hashlib import sha256

from builds.archiving import tar_gz
from deployments.platforms.cloud import Artefact, BundleContent
from tests.fakes.vendor import Answer, Asked, RefusalError, Vendor


class Artefacts(Vendor):
    """`fetched` counts what was really taken. `spoiled` makes the store answer another content."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched = 0
        self.spoiled = False
        self.tokens: dict[str, str] = {}
        self._contents: dict[str, bytes] = {}
        self._signed: set[str] = set()
        self.route("GET", "/artefacts/{id}", self._redirected)
        self.route("GET", "/objects/{sha256}", self._content)

    def of(self, bundle: BundleContent) -> Artefact:
        content = tar_gz(bundle)
        digest = sha256(content).hexdigest()
        self._contents[digest] = content
        token = self.tokens.setdefault(digest, secrets.token_urlsafe(24))
        return Artefact(f"{self.url}/artefacts/{digest}", digest, len(content), token)

    def _redirected(self, asked: Asked) -> Answer:
        digest = asked.parameters["id"]
        if asked.bearer != self.tokens.get(digest) or asked.query:
            raise RefusalError(401, {"message": "a token as a bearer, and nowhere else"})
        signature = secrets.token_hex(8)
        self._signed.add(signature)
        return Answer(None, 302, {"Location": f"{self.url}/objects/{digest}?signature={signature}"})

    def _content(self, asked: Asked) -> Answer:
        """As S3 does it: two ways to be admitted are one too many. A signature is for a while, here for once."""
        if "authorization" in asked.headers:
            raise RefusalError(400, {"message": "Only one auth mechanism allowed"})
        signature = asked.query.get("signature", "")
        if signature not in self._signed:
            raise RefusalError(403, {"message": "Request has expired"})
        self._signed.remove(signature)
        self.fetched += 1
        return Answer(b"something else" if self.spoiled else self._contents[asked.parameters["sha256"]])
