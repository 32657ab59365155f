"""The pages that a browser sees: making an app from a manifest, installing it, signing in. They ask nobody: whoever
`World.signed_in` is agrees to everything."""

from __future__ import annotations

import base64
import json
import secrets
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from tests.fakes.github.asking import Answer, RefusalError
from tests.fakes.github.world import App, User, World

Fields = dict[str, str]


def new_app(world: World, query: Fields, form: Fields) -> Answer:
    manifest: dict[str, Any] = json.loads(form["manifest"])
    app = world.make_app(_somebody(world), manifest.get("name", "Dexto"))
    app.webhook_url = manifest.get("hook_attributes", {}).get("url", "")
    app.setup_url = manifest.get("setup_url", "")
    app.redirect_urls = tuple(manifest.get("callback_urls", ()))
    code = secrets.token_hex(10)
    world.manifest_codes[code] = app
    return _to(manifest["redirect_url"], code=code, state=query.get("state", ""))


def install_app(world: World, slug: str, query: Fields) -> Answer:
    app = next((one for one in world.apps if one.slug == slug), None)
    if app is None:
        raise RefusalError(404, "Not Found")
    person = _somebody(world)
    own = [one for one in world.repositories if one.owner is person]
    found = next((one for one in world.installations if one.app is app and one.account is person), None)
    installation = found or world.install(app, person, own)
    state = {"state": query["state"]} if "state" in query else {}
    return _to(app.setup_url, installation_id=str(installation.id), setup_action="install", **state)


def authorize(world: World, query: Fields) -> Answer:
    app = _client(world, query["client_id"])
    redirect_uri = query["redirect_uri"]
    if app.redirect_urls and redirect_uri not in app.redirect_urls:
        raise RefusalError(422, "The redirect_uri MUST match the registered callback URL for this application.")
    code = secrets.token_hex(10)
    world.sign_in_codes[code] = (_somebody(world), redirect_uri, query.get("code_challenge", ""))
    return _to(redirect_uri, code=code, state=query.get("state", ""))


def access_token(world: World, fields: Fields) -> Answer:
    """What is wrong is said with a 200, as GitHub does it."""
    app = _client(world, fields.get("client_id", ""))
    if not secrets.compare_digest(app.client_secret, fields.get("client_secret", "")):
        return Answer({"error": "incorrect_client_credentials"})
    person, redirect_uri, challenge = world.sign_in_codes.pop(fields.get("code", ""), (None, "", ""))
    if person is None or redirect_uri != fields.get("redirect_uri") or challenge != _challenge(fields):
        return Answer({"error": "bad_verification_code"})
    return Answer(
        {
            "access_token": world.sign_in(person).value,
            "expires_in": 28_800,
            "refresh_token": f"ghr_{'z' * 76}",
            "refresh_token_expires_in": 15_811_200,
            "token_type": "bearer",
            "scope": "",
        }
    )


def _challenge(fields: Fields) -> str:
    verifier = fields.get("code_verifier", "")
    digest = sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() if verifier else ""


def _client(world: World, client_id: str) -> App:
    app = world.app_of_client(client_id)
    if app is None:
        raise RefusalError(404, "Not Found")
    return app


def _somebody(world: World) -> User:
    return world.signed_in or world.user("octocat")


def _to(url: str, **query: str) -> Answer:
    separator = "&" if "?" in url else "?"
    return Answer(status=302, headers={"Location": f"{url}{separator}{urlencode(query)}"})
