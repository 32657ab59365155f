"""Who asks: the app by its JWT, an installation or a person by their token."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from tests.fakes.github.asking import Asked, By, RefusalError, Route
from tests.fakes.github.world import App, Token, World

_LONGEST_SECONDS = 600


def admit(asked: Asked, route: Route, authorization: str) -> None:
    """Raises RefusalError for who may not ask this."""
    scheme, _, value = authorization.partition(" ")
    if route.by is By.NOBODY:
        return
    if scheme.lower() != "bearer":
        raise RefusalError(401, "Requires authentication")
    if route.by is By.APP:
        asked.app = _app(asked.world, value)
        return
    asked.token = _token(asked.world, value)
    if asked.token.user is not None and route.by is By.ANY_TOKEN:
        return
    if (asked.token.user is None) == (route.by is By.USER):
        raise RefusalError(403, "Resource not accessible by integration")
    if route.needs and not _permits(asked.token, *route.needs):
        raise RefusalError(403, "Resource not accessible by integration")


def _app(world: World, value: str) -> App:
    try:
        head, claims, signature = value.split(".")
        said: dict[str, Any] = json.loads(_decoded(claims))
        app = next(one for one in world.apps if str(one.id) == str(said["iss"]))
        app.key.public_key().verify(_decoded(signature), f"{head}.{claims}".encode(), PKCS1v15(), SHA256())
    except (ValueError, KeyError, StopIteration, InvalidSignature) as error:
        raise RefusalError(401, "A JSON web token could not be decoded") from error
    now = time.time()
    if said["iat"] > now:
        raise RefusalError(401, "'Issued at' claim ('iat') must be an Integer representing the time that it was issued")
    if not now < said["exp"] <= now + _LONGEST_SECONDS:
        raise RefusalError(401, "'Expiration time' claim ('exp') is too far in the future")
    return app


def _token(world: World, value: str) -> Token:
    token = world.tokens.get(value)
    if token is None or not token.is_good:
        raise RefusalError(401, "Bad credentials")
    if token.installation and token.installation.suspended:
        raise RefusalError(403, "This installation has been suspended")
    return token


def _permits(token: Token, name: str, wanted: str) -> bool:
    granted = token.permissions.get(name)
    return granted == "write" or granted == wanted


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
