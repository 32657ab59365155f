"""The routes of a fake of Heroku."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.fakes.heroku.description import is_described, judge
from tests.fakes.heroku.world import App, Release, Slug, World, new_id, now, shown_app, shown_release
from tests.fakes.vendor import Agent, Answer, Asked, Handler, RefusalError, Vendor

TOKEN = "token-of-an-account"
OWNER = "ops@acme.test"
_SIGNED = ("/slugs-store/", "/streams/", "/logplex/")
_SIZES = {"eco", "basic", "standard-1x", "standard-2x", "performance-m", "performance-l"}


class FakeHeroku(Vendor):
    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.world = World(folder)
        self.tokens = {TOKEN}
        self.is_verified = True
        self.judges.append(judge)
        app = "/apps/{app}"
        self._api("GET", "/account", self._account)
        self._api("POST", "/apps", self._create)
        self._api("POST", "/teams/apps", self._create)
        self._api("GET", app, lambda asked: Answer(shown_app(self._app(asked))))
        self._api("DELETE", app, self._delete)
        self._api("GET", f"{app}/config-vars", lambda asked: Answer(self._app(asked).variables))
        self._api("PATCH", f"{app}/config-vars", self._set)
        self._api("POST", f"{app}/slugs", self._slug)
        self._api("POST", f"{app}/releases", self._release)
        self._api("GET", f"{app}/releases", self._releases)
        self._api("GET", f"{app}/releases/{{release}}", self._one_release)
        self._api("PATCH", f"{app}/formation", self._scale)
        self._api("POST", f"{app}/acm", self._acm)
        self._api("POST", f"{app}/domains", self._add_domain)
        self._api("GET", f"{app}/domains/{{hostname}}", self._domain)
        self._api("DELETE", f"{app}/domains/{{hostname}}", self._remove_domain)
        self._api("POST", f"{app}/log-sessions", self._logs)
        self.route("PUT", "/slugs-store/{app}/{slug}", self._store)
        self.route("GET", "/streams/{release}", self._stream)
        self.route("GET", "/logplex/{app}", lambda asked: Answer(self.world.log_of(self._app(asked)).encode()))

    def _api(self, method: str, template: str, handler: Handler) -> None:
        self.route(method, template, handler)

    def undescribed(self) -> list[str]:
        """Routes that Heroku's description does not have."""
        own = [(method, template) for method, _, template, _ in self._routes if not template.startswith(_SIGNED)]
        return [f"{method} {template}" for method, template in own if not is_described(method, template)]

    def admit(self, asked: Asked) -> None:
        self.world.advance()
        if asked.path.startswith(_SIGNED):
            if "authorization" in asked.headers or "content-type" in asked.headers:
                raise RefusalError(400, {"id": "bad_request", "message": "The request's signature does not match."})
            return
        if "version=3" not in asked.headers.get("accept", ""):
            raise _refused(400, "bad_request", "Please specify a version.")
        if asked.bearer not in self.tokens:
            raise _refused(401, "unauthorized", "Invalid credentials provided.")

    def fault_content(self, status: int) -> Any:
        return {"id": "injected", "message": f"injected {status}"}

    def agent_at(self, hostname: str) -> Agent | None:
        self.world.advance()
        for app in self.world.apps.values():
            if hostname == app.hostname or app.domains.get(hostname) == "cert issued":
                return app.dyno
        return None

    def close(self) -> None:
        for app in self.world.apps.values():
            self.world.end(app)

    def _account(self, _asked: Asked) -> Answer:
        return Answer({"id": "01234567-89ab-4def-8123-456789abcdef", "email": OWNER, "verified": self.is_verified})

    def _create(self, asked: Asked) -> Answer:
        wish = asked.json
        if wish["name"] in self.world.apps:
            raise _refused(422, "invalid_params", f"Name {wish['name']} is already taken")
        app = self.world.made(wish["name"], wish["region"], wish["stack"], OWNER, wish.get("team", ""))
        return Answer(shown_app(app), 201)

    def _delete(self, asked: Asked) -> Answer:
        app = self._app(asked)
        self.world.end(app)
        del self.world.apps[app.name]
        return Answer(shown_app(app))

    def _set(self, asked: Asked) -> Answer:
        """A release of its own, with the code as it was."""
        app = self._app(asked)
        self._wait_for_none(app)
        after = {**app.variables, **asked.json}
        after = {name: value for name, value in after.items() if value is not None}
        if after != app.variables:
            app.variables = after
            current = app.current
            self.world.released(app, current.slug if current else None, f"Set {', '.join(asked.json)} config vars")
        return Answer(app.variables)

    def _slug(self, asked: Asked) -> Answer:
        app, wish = self._app(asked), asked.json
        slug = Slug(wish["process_types"], wish["checksum"], wish["stack"])
        app.slugs[slug.id] = slug
        blob = {"method": "PUT", "url": f"{self.url}/slugs-store/{app.name}/{slug.id}"}
        shown = {
            "id": slug.id,
            "process_types": slug.processes,
            "checksum": slug.checksum,
            "commit": wish.get("commit"),
        }
        return Answer({**shown, "blob": blob, "size": None, "created_at": now(), "updated_at": now()}, 201)

    def _store(self, asked: Asked) -> Answer:
        slug = self._app(asked).slugs[asked.parameters["slug"]]
        self.world.stored(slug, asked.body)
        return Answer(b"")

    def _release(self, asked: Asked) -> Answer:
        app, wish = self._app(asked), asked.json
        self._wait_for_none(app)
        if "release" in wish:
            return Answer(self._shown(app, self._rolled_back(app, wish["release"])), 201)
        slug = app.slugs.get(wish["slug"])
        if slug is None or slug.folder is None:
            raise _refused(404, "not_found", "Couldn't find that slug.")
        return Answer(self._shown(app, self.world.released(app, slug, wish.get("description") or "Deploy")), 201)

    def _rolled_back(self, app: App, release: str) -> Release:
        """Code and variables of then, as a new release."""
        found = next((one for one in app.releases if one.id == release), None)
        if found is None or found.slug is None:
            raise _refused(404, "not_found", "Couldn't find that release.")
        if found.slug.id not in app.slugs:
            raise _refused(422, "invalid_params", "Cannot rollback to that release: its slug is gone.")
        app.variables = dict(found.variables)
        return self.world.released(app, found.slug, f"Rollback to v{found.version}")

    def _releases(self, asked: Asked) -> Answer:
        app = self._app(asked)
        limit = re.search(r"max=(\d+)", asked.headers.get("range", ""))
        newest = app.releases[::-1] if "order=desc" in asked.headers.get("range", "") else app.releases
        shown = [self._shown(app, one) for one in newest]
        found = shown[: int(limit[1])] if limit else shown
        return Answer(found, 200 if len(found) == len(shown) else 206)

    def _one_release(self, asked: Asked) -> Answer:
        app = self._app(asked)
        for one in app.releases:
            if asked.parameters["release"] in (one.id, str(one.version)):
                return Answer(self._shown(app, one))
        raise _refused(404, "not_found", "Couldn't find that release.")

    def _scale(self, asked: Asked) -> Answer:
        app = self._app(asked)
        current = app.current
        for update in asked.json["updates"]:
            if not current or not current.slug or update["type"] not in current.slug.processes:
                raise _refused(404, "not_found", f"Couldn't find that process type ({update['type']}).")
            if update["dyno_size"]["name"] not in _SIZES:
                raise _refused(422, "invalid_params", "No such dyno size.")
            app.size = update["dyno_size"]["name"]
        shown = {"id": new_id(), "type": "web", "quantity": 1, "size": app.size, "command": "node"}
        return Answer([{**shown, "app": {"id": app.id, "name": app.name}, "created_at": now(), "updated_at": now()}])

    def _acm(self, asked: Asked) -> Answer:
        app = self._app(asked)
        app.has_acm = True
        return Answer(shown_app(app))

    def _add_domain(self, asked: Asked) -> Answer:
        app, hostname = self._app(asked), asked.json["hostname"]
        if any(hostname in one.domains for one in self.world.apps.values()):
            raise _refused(422, "invalid_params", f"{hostname} is already added to an app.")
        app.domains[hostname] = "pending"
        return Answer(_shown_domain(app, hostname), 201)

    def _domain(self, asked: Asked) -> Answer:
        app, hostname = self._app(asked), asked.parameters["hostname"]
        if hostname not in app.domains:
            raise _refused(404, "not_found", "Couldn't find that domain name.")
        return Answer(_shown_domain(app, hostname))

    def _remove_domain(self, asked: Asked) -> Answer:
        answer = self._domain(asked)
        del self._app(asked).domains[asked.parameters["hostname"]]
        return answer

    def _logs(self, asked: Asked) -> Answer:
        app = self._app(asked)
        url = f"{self.url}/logplex/{app.name}"
        return Answer({"id": new_id(), "logplex_url": url, "created_at": now(), "updated_at": now()}, 201)

    def _stream(self, asked: Asked) -> Answer:
        path = self.world.folder / f"{asked.parameters['release']}.output"
        return Answer(path.read_bytes()) if path.exists() else Answer(None, 404)

    def _shown(self, app: App, release: Release) -> dict[str, Any]:
        return shown_release(app, release, self.url)

    def _app(self, asked: Asked) -> App:
        app = self.world.apps.get(asked.parameters["app"])
        if app is None:
            raise _refused(404, "not_found", "Couldn't find that app.")
        if app.owner != OWNER:
            raise _refused(403, "forbidden", f"You do not have access to the app {app.name}.")
        return app

    def _wait_for_none(self, app: App) -> None:
        """One release phase at a time."""
        if any(one.status == "pending" for one in app.releases):
            raise _refused(409, "conflict", "A release is in progress.")


def _shown_domain(app: App, hostname: str) -> dict[str, Any]:
    state = app.domains[hostname]
    return {
        "id": new_id(),
        "hostname": hostname,
        "cname": f"{app.id[:8]}.herokudns.test",
        "kind": "custom",
        "status": "succeeded" if state == "cert issued" else "pending",
        "acm_status": state if app.has_acm else None,
        "acm_status_reason": None,
        "app": {"id": app.id, "name": app.name},
        "created_at": now(),
        "updated_at": now(),
        "sni_endpoint": None,
    }


def _refused(status: int, code: str, message: str) -> RefusalError:
    return RefusalError(status, {"id": code, "message": message})
