"""People against the fake: signing in with PKCE, and what they can reach."""

from __future__ import annotations

import base64
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from clients.code_host import OAuthKey, SignIn
from clients.code_host_errors import CodeHostMissingError, CodeHostRefusedError
from clients.github import GitHubSignIn, GitHubUser
from tests.clients.github.conftest import Linked

HERE = "http://localhost:8400/sign-in/github/done"
VERIFIER = "a-verifier-of-some-length-as-the-rfc-asks-for-it"


def _sign_in(linked: Linked) -> SignIn:
    return GitHubSignIn(linked.address, OAuthKey(linked.app.client_id, linked.app.client_secret))


def _code(linked: Linked) -> str:
    """What a browser brings back."""
    challenge = base64.urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    url = _sign_in(linked).authorize_url(redirect_uri=HERE, state="s+/&=", code_challenge=challenge)
    back = urlsplit(httpx.get(url).headers["location"])
    assert parse_qs(back.query)["state"] == ["s+/&="]
    return parse_qs(back.query)["code"][0]


def test_who_signs_in_is_who_sits_there(linked: Linked) -> None:
    linked.world.signed_in = linked.world.user("ada")
    token = _sign_in(linked).exchange(_code(linked), redirect_uri=HERE, code_verifier=VERIFIER)
    person = GitHubUser(linked.address, token.value)
    assert (person.user().login, person.user().id) == ("ada", linked.world.user("ada").id)
    assert [(one.address, one.verified) for one in person.emails()] == [("ada@example.com", True)]
    assert token.value not in repr(token)
    assert token.expires_in_seconds == 28_800


@pytest.mark.parametrize(("redirect", "verifier"), [(HERE, "another verifier"), ("http://elsewhere/", VERIFIER)])
def test_a_stolen_code_is_worth_nothing(linked: Linked, redirect: str, verifier: str) -> None:
    code = _code(linked)
    with pytest.raises(CodeHostRefusedError, match="bad_verification_code"):
        _sign_in(linked).exchange(code, redirect_uri=redirect, code_verifier=verifier)


def test_a_code_is_good_once(linked: Linked) -> None:
    code = _code(linked)
    _sign_in(linked).exchange(code, redirect_uri=HERE, code_verifier=VERIFIER)
    with pytest.raises(CodeHostRefusedError):
        _sign_in(linked).exchange(code, redirect_uri=HERE, code_verifier=VERIFIER)


def test_a_person_sees_their_own_installations_and_repositories_by_pages(linked: Linked) -> None:
    world, ada = linked.world, linked.world.user("ada")
    linked.installation.people.append(ada)
    foreign = world.install(linked.app, world.user("eve"), [])
    linked.installation.repositories += [world.repository(linked.owner, f"more-{number}") for number in range(2)]
    world.page_size = 2
    person = GitHubUser(linked.address, world.sign_in(ada).value)
    assert [one.id for one in person.installations().items] == [linked.installation.id]
    first = person.repositories(linked.installation.id)
    assert (first.total, first.next_page, len(first.items)) == (3, 2, 2)
    assert [one.full_name for one in person.repositories(linked.installation.id, 2).items] == ["acme/more-1"]
    with pytest.raises(CodeHostMissingError):
        person.repositories(foreign.id)


def test_a_person_sees_what_is_public_and_pushes_to_what_is_theirs(linked: Linked) -> None:
    world, ada = linked.world, linked.world.user("ada")
    own = world.repository(ada, "own")
    public = world.repository(linked.owner, "public", private=False)
    person = GitHubUser(linked.address, world.sign_in(ada).value)
    assert (person.repository("ada/own").id, person.repository("ada/own").may_push) == (own.id, True)
    assert (person.repository("acme/public").id, person.repository("acme/public").may_push) == (public.id, False)
    with pytest.raises(CodeHostMissingError):
        person.repository("acme/agent")
    world.rename(own, "mine")
    assert person.repository("ada/own").full_name == "ada/mine"


def test_the_token_of_an_installation_pushes_nothing_by_the_host_s_own_word(linked: Linked) -> None:
    token = linked.world.grant(linked.installation, [linked.repository], {"metadata": "read", "contents": "write"})
    assert GitHubUser(linked.address, token.value).repository("acme/agent").may_push is False


def test_an_expired_session_is_refused(linked: Linked) -> None:
    with pytest.raises(CodeHostRefusedError):
        GitHubUser(linked.address, "ghu_gone").user()
