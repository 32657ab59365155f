"""What a fake of Heroku holds: apps, and releases whose phase must succeed before their dynos start."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.fakes.processes import BARE_PATH, CommandAgent, unpacked_archive
from tests.runtime.targets import wait_until


def new_id() -> str:
    return str(uuid4())


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Slug:
    processes: dict[str, str]
    checksum: str
    stack: str
    id: str = field(default_factory=new_id)
    folder: Path | None = None


@dataclass
class Release:
    version: int
    variables: dict[str, str]
    slug: Slug | None
    description: str
    id: str = field(default_factory=new_id)
    status: str = "succeeded"
    phase: subprocess.Popen[bytes] | None = None
    output: Path | None = None


@dataclass
class App:
    name: str
    region: str
    stack: str
    owner: str
    team: str = ""
    id: str = field(default_factory=new_id)
    variables: dict[str, str] = field(default_factory=dict)
    releases: list[Release] = field(default_factory=list)
    slugs: dict[str, Slug] = field(default_factory=dict)
    domains: dict[str, str] = field(default_factory=dict)  # hostname → state of its certificate
    size: str = "Basic"
    has_acm: bool = False
    dyno: CommandAgent | None = None

    @property
    def current(self) -> Release | None:
        return next((one for one in reversed(self.releases) if one.status == "succeeded"), None)

    @property
    def hostname(self) -> str:
        return f"{self.name}-{self.id[:12].replace('-', '')}.herokuapp.com"


class World:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.apps: dict[str, App] = {}
        self.uploaded = 0

    def made(self, name: str, region: str, stack: str, owner: str, team: str = "") -> App:
        app = App(name, region, stack, owner, team)
        self.apps[name] = app
        self.released(app, None, "Initial release")
        self.released(app, None, "Enable Logplex")
        return app

    def stored(self, slug: Slug, content: bytes) -> None:
        assert slug.checksum == f"SHA256:{sha256(content).hexdigest()}", "the checksum is another one"
        self.uploaded += len(content)
        slug.folder = unpacked_archive(content, self.folder / slug.id) / "app"

    def released(self, app: App, slug: Slug | None, description: str) -> Release:
        release = Release(len(app.releases) + 1, dict(app.variables), slug, description)
        app.releases.append(release)
        if slug is None:
            return release
        assert slug.folder is not None, "a slug without content is released"
        if command := slug.processes.get("release"):
            release.status, release.output = "pending", self.folder / f"{release.id}.output"
            self._begin(release, slug.folder, command)
        else:
            self._serve(app, release)
        return release

    def _begin(self, release: Release, folder: Path, command: str) -> None:
        """A dyno of its own; what it writes can be read by who knows the address."""
        assert release.output is not None
        environment = {"HOME": str(folder), **release.variables, "PATH": BARE_PATH}
        with release.output.open("wb") as output:
            release.phase = subprocess.Popen(
                ("/bin/sh", "-c", f"exec {command}"), cwd=folder, env=environment, stdout=output, stderr=output
            )

    def advance(self) -> None:
        """What has ended by itself since."""
        for app in self.apps.values():
            for release in app.releases:
                if release.phase and release.status == "pending" and release.phase.poll() is not None:
                    release.status = "succeeded" if release.phase.returncode == 0 else "failed"
                    if release.status == "succeeded":
                        self._serve(app, release)

    def _serve(self, app: App, release: Release) -> None:
        """Dynos are restarted: those of before end, then the new ones come up."""
        self.stop(app)
        slug = release.slug
        assert slug is not None and slug.folder is not None
        log = self.folder / f"{app.id}.log"
        app.dyno = CommandAgent(slug.folder, slug.processes["web"], release.variables, path=BARE_PATH, log=log)
        wait_until(lambda: _is_settled(app.dyno), "the dyno neither answers nor ends")

    def stop(self, app: App) -> None:
        if app.dyno:
            app.dyno.stop()

    def end(self, app: App) -> None:
        self.stop(app)
        for release in app.releases:
            if release.phase and release.phase.poll() is None:
                release.phase.kill()
            if release.phase:
                release.phase.wait()

    def log_of(self, app: App) -> str:
        at = datetime.now(UTC).isoformat()
        text = app.dyno.log if app.dyno else ""
        return "".join(f"{at} app[web.1]: {line}\n" for line in text.splitlines())


def _is_settled(dyno: CommandAgent | None) -> bool:
    return dyno is None or dyno.process.poll() is not None or dyno.is_healthy


def shown_app(app: App) -> dict[str, Any]:
    named = {"id": "01234567-89ab-4def-8123-456789abcdef", "name": app.stack}
    return {
        "id": app.id,
        "name": app.name,
        "web_url": f"https://{app.hostname}/",
        "region": {"id": named["id"], "name": app.region},
        "stack": named,
        "owner": {"id": named["id"], "email": app.owner},
        "created_at": now(),
    }


def shown_release(app: App, release: Release, base: str) -> dict[str, Any]:
    return {
        "id": release.id,
        "version": release.version,
        "status": release.status,
        "current": release is app.current,
        "description": release.description,
        "slug": {"id": release.slug.id} if release.slug else None,
        "app": {"id": app.id, "name": app.name},
        "created_at": now(),
        "updated_at": now(),
        "user": {"id": app.id, "email": app.owner},
        "addon_plan_names": [],
        "output_stream_url": f"{base}/streams/{release.id}" if release.output else None,
    }
