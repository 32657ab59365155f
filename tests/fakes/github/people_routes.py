"""What a person asks through an app that they signed in to."""

from __future__ import annotations

from tests.fakes.github import shapes
from tests.fakes.github.asking import Answer, Asked, By, RefusalError, route
from tests.fakes.github.world import User


@route("GET", "/user", by=By.USER)
def show(asked: Asked) -> Answer:
    return Answer(shapes.whole_user(asked.world, _person(asked)))


@route("GET", "/user/emails", by=By.USER)
def emails(asked: Asked) -> Answer:
    address = {"email": _person(asked).email, "primary": True, "verified": True, "visibility": "private"}
    return asked.paged([address])


@route("GET", "/user/installations", by=By.USER)
def installations(asked: Asked) -> Answer:
    found = [one for one in asked.world.installations if _person(asked) in one.people]
    shown = [shapes.installation(asked.world, one) for one in found]
    return asked.paged(shown, lambda items: {"total_count": len(shown), "installations": items})


@route("GET", "/user/installations/{installation_id}/repositories", by=By.USER)
def repositories(asked: Asked) -> Answer:
    found = [one for one in asked.world.installations if _person(asked) in one.people]
    one = next((one for one in found if one.id == int(asked.parameters["installation_id"])), None)
    if one is None:
        raise RefusalError(404, "Not Found")
    shown = [shapes.repository(asked.world, repository) for repository in one.repositories]
    return asked.paged(shown, lambda items: {"total_count": len(shown), "repositories": items})


def _person(asked: Asked) -> User:
    assert asked.the_token.user
    return asked.the_token.user
