"""The targets of the contract suite: each project built as a push would build it, each bundle run as it is run here."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from uuid import uuid4

from builds.packing import Wish, pack
from core.targets import Target
from deployments.runners.contract import Listen
from deployments.runners.foreground import launch_of
from tests.runtime.projects import Project
from tests.runtime.targets import Running

_FOLDER = "file:///project"


class Built(Running):
    """A bundle of `dexto-cloud build`, started as `dexto-cloud run` starts it."""

    def launch(self, more: Mapping[str, str]) -> None:
        listen = Listen(port=int(more["PORT"]))
        launch = launch_of(self.folder / "bundle", listen, self.environment, self.folder / "state")
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                launch.argv, cwd=launch.folder, env=dict(launch.environment), stdout=log, stderr=log
            )


def build(target: Target, project: Project, folder: Path, environment: Mapping[str, str]) -> Built:
    pack(Wish(written(project, folder / "project"), target, folder / "bundle"))
    return Built([], folder, environment)


#: Adding a target is one line.
TARGETS: dict[str, Callable[[Project, Path, Mapping[str, str]], Running]] = {
    "nodejs": partial(build, Target.NODEJS),
    "cloudflare": partial(build, Target.CLOUDFLARE),
    "lambda": lambda *given: build(Target.LAMBDA, *_sharing(*given)),
    "vercel": lambda *given: build(Target.VERCEL, *_sharing(*given)),
}


def _sharing(project: Project, folder: Path, environment: Mapping[str, str]) -> tuple[Project, Path, Mapping[str, str]]:
    """With a database where the project says nothing: what holds without one has a test of its own."""
    agents = {name: {"storage": SHARED, **config} for name, config in project.agents.items()}
    database = f"{os.environ['DATABASE_URL']}&schema=t_{uuid4().hex}"
    return replace(project, agents=agents), folder, {"SHARED_DATABASE": database, **environment}


SHARED = {
    "cache": {"type": "in-memory"},
    "database": {"type": "postgres", "url": "$SHARED_DATABASE", "maxConnections": 2},
    "blob": {"type": "in-memory"},
}


def written(project: Project, folder: Path) -> Path:
    """The project as its files. JSON is YAML, so each agent's configuration is written as it is."""
    agents = [{"id": name, "name": name, "description": name, "configPath": f"{name}.yml"} for name in project.agents]
    registry = {"primaryAgent": next(iter(project.agents)), "agents": agents}
    files = {f"agents/{name}.yml": _text(config) for name, config in project.agents.items()}
    files |= {"agents/registry.json": json.dumps(registry)}
    files |= {_path(uri): text for uri, text in {**project.resources, **project.modules}.items()}
    for name, text in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return folder


def _text(config: Mapping[str, object]) -> str:
    return json.dumps(config, indent=1).replace(_FOLDER, "${{dexto.project_dir}}")


def _path(uri: str) -> str:
    return uri.removeprefix(f"{_FOLDER}/")
