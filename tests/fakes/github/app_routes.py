"""What an app asks: itself, its installations, their tokens, its deliveries."""

from __future__ import annotations

from tests.fakes.github import sending, shapes
from tests.fakes.github.asking import Answer, Asked, By, RefusalError, route
from tests.fakes.github.world import Installation, Sent


@route("POST", "/app-manifests/{code}/conversions", by=By.NOBODY)
def convert(asked: Asked) -> Answer:
    app = asked.world.manifest_codes.pop(asked.parameters["code"], None)
    if app is None:
        raise RefusalError(404, "Not Found")
    return Answer(shapes.made_app(asked.world, app), 201)


@route("GET", "/app", by=By.APP)
def show(asked: Asked) -> Answer:
    return Answer(shapes.app(asked.world, asked.the_app))


@route("GET", "/app/installations", by=By.APP)
def installations(asked: Asked) -> Answer:
    found = [one for one in asked.world.installations if one.app is asked.app]
    return asked.paged([shapes.installation(asked.world, one) for one in found])


@route("GET", "/app/installations/{installation_id}", by=By.APP)
def installation(asked: Asked) -> Answer:
    return Answer(shapes.installation(asked.world, _installation(asked)))


@route("GET", "/repos/{owner}/{repo}/installation", by=By.APP)
def installation_of(asked: Asked) -> Answer:
    name = f"{asked.parameters['owner']}/{asked.parameters['repo']}"
    for one in asked.world.installations:
        if one.app is asked.app and any(repository.full_name == name for repository in one.repositories):
            return Answer(shapes.installation(asked.world, one))
    raise RefusalError(404, "Not Found")


@route("POST", "/app/installations/{installation_id}/access_tokens", by=By.APP)
def access_token(asked: Asked) -> Answer:
    installation, body = _installation(asked), asked.body or {}
    if installation.suspended:
        raise RefusalError(403, "This installation has been suspended")
    repositories = list(installation.repositories)
    if "repository_ids" in body:
        repositories = [one for one in repositories if one.id in body["repository_ids"]]
        if len(repositories) != len(body["repository_ids"]):
            raise RefusalError(422, "There is at least one repository that does not exist or is not accessible")
    permissions = body.get("permissions", installation.permissions)
    if any(not _grants(installation, name, wanted) for name, wanted in permissions.items()):
        raise RefusalError(422, "The permissions requested are not granted to this installation.")
    token = asked.world.grant(installation, repositories, {"metadata": "read", **permissions})
    return Answer(
        {
            "token": token.value,
            "expires_at": shapes.stamp(token.expires_at),
            "permissions": token.permissions,
            "repository_selection": "selected",
        },
        201,
    )


@route("GET", "/app/hook/deliveries", by=By.APP)
def deliveries(asked: Asked) -> Answer:
    """By cursor, newest first."""
    newest = sorted(asked.world.deliveries, key=lambda one: -one.id)
    size = min(int(asked.query.get("per_page", "30")), asked.world.page_size)
    if "cursor" in asked.query:
        newest = [one for one in newest if one.id < int(asked.query["cursor"])]
    headers = {}
    if len(newest) > size:
        url = f"{asked.world.url}/api/v3/app/hook/deliveries?per_page={size}&cursor={newest[size - 1].id}"
        headers["Link"] = f'<{url}>; rel="next"'
    return Answer([shapes.sent(one) for one in newest[:size]], headers=headers)


@route("GET", "/app/hook/deliveries/{delivery_id}", by=By.APP)
def delivery(asked: Asked) -> Answer:
    found = _delivery(asked)
    request = {"headers": {"X-GitHub-Delivery": found.guid, "X-GitHub-Event": found.event}, "payload": found.payload}
    response = {"headers": {}, "payload": None}
    return Answer({**shapes.sent(found), "url": asked.the_app.webhook_url, "request": request, "response": response})


@route("POST", "/app/hook/deliveries/{delivery_id}/attempts", by=By.APP)
def redeliver(asked: Asked) -> Answer:
    sending.again(asked.world, asked.the_app, _delivery(asked))
    return Answer({}, 202)


@route("PATCH", "/app/hook/config", by=By.APP)
def set_webhook(asked: Asked) -> Answer:
    app = asked.the_app
    app.webhook_url, app.webhook_secret = asked.body["url"], asked.body["secret"]
    return Answer({"content_type": "json", "insecure_ssl": "0", "secret": "********", "url": app.webhook_url})


def _installation(asked: Asked) -> Installation:
    for one in asked.world.installations:
        if one.app is asked.app and one.id == int(asked.parameters["installation_id"]):
            return one
    raise RefusalError(404, "Not Found")


def _delivery(asked: Asked) -> Sent:
    for one in asked.world.deliveries:
        if one.id == int(asked.parameters["delivery_id"]):
            return one
    raise RefusalError(404, "Not Found")


def _grants(installation: Installation, name: str, wanted: str) -> bool:
    granted = {"metadata": "read", **installation.permissions}.get(name)
    return granted == wanted or granted == "write"
