"""The main job, done once: make a project, push it, wait until it answers; then a preview of a branch."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final

from cli.client import Api, Connection
from core.errors import PlatformError, UserError
from dexto_cloud.demo.git_push import Checkout
from dexto_cloud.demo.model import give_model
from dexto_cloud.embedded.screen import Screen, addresses_of
from dexto_cloud.embedded.up import Running
from dexto_cloud.embedded.welcome import Welcome

_SAMPLE: Final = Path(__file__).with_name("sample")
_PROJECT: Final = "hello"
_BRANCH: Final = "friendlier"
_WAIT_SECONDS: Final = 120
_LOOK_SECONDS: Final = 0.1


def in_background(screen: Screen, running: Running, found: Welcome) -> None:
    """In a thread: the main one looks after the processes meanwhile."""
    Thread(target=_guarded, args=(screen, running, found), name="demo", daemon=True).start()


def _guarded(screen: Screen, running: Running, found: Welcome) -> None:
    try:
        _walk(running, found, screen)
    except Exception as error:  # noqa: BLE001  # the edge of a thread: the main one raises it
        running.request_stop(error)


def _walk(running: Running, found: Welcome, screen: Screen) -> None:
    api = Api(Connection(found.url, found.token))
    _make_project(api)
    model = give_model(api, _PROJECT, running)
    checkout = _sample_repository(running.directory.path, found)
    live = _timed(screen, "the agent is live", lambda: _deploy(api, checkout, "main"))
    checkout.switch(_BRANCH)
    (checkout.folder / "prompts/system.txt").write_text("You greet everyone by name, warmly and in one sentence.\n")
    checkout.commit("Greet people by name")
    preview = _timed(screen, "the branch has its preview", lambda: _deploy(api, checkout, _BRANCH))
    shown = {"live": live["urls"]["production"], "preview": preview["urls"]["branch"]}
    words = [
        "\nDone. A push became a live agent, and a branch its preview:",
        f"  Live       {shown['live']}",
        f"  Preview    {shown['preview']}",
        model,
        *addresses_of(found),
        "\nOpen Live in a browser and talk with it.",
        f"The sample's repository is in {checkout.folder}. Ctrl-C stops everything.",
    ]
    told = {**shown, "url": found.url, "sign_in_url": found.sign_in_url, "repository": str(checkout.folder)}
    screen.tell("\n".join(words), event="demo", **told)


def _make_project(api: Api) -> None:
    try:
        api.get(f"projects/{_PROJECT}")
    except UserError:
        api.post("projects", {"slug": _PROJECT})


def _sample_repository(data: Path, found: Welcome) -> Checkout:
    """Made once: the second demo pushes one more commit, and finds everything as it was."""
    folder = data / "demo" / _PROJECT
    checkout = Checkout(folder, f"{found.url}/git/{_PROJECT}.git", found.token)
    if not (folder / ".git").exists():
        shutil.copytree(_SAMPLE, folder, dirs_exist_ok=True)
        checkout.make()
        checkout.commit("A first agent")
    checkout.back_to("main")
    return checkout


def _deploy(api: Api, checkout: Checkout, branch: str) -> dict[str, Any]:
    """Pushes, and waits for the deployment of that commit. Raises PlatformError and UserError."""
    commit = checkout.head()
    checkout.push(branch, "--force")
    deadline = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < deadline:
        found = api.get(f"projects/{_PROJECT}/deployments", commit=commit, branch=branch)
        if found and found[0]["status"] == "ready":
            newest: dict[str, Any] = found[0]
            return newest
        if found and found[0]["error"]:
            error = found[0]["error"]
            raise UserError(error["code"], error["message"], f"{error['hint']} See {found[0]['page']}")
        Event().wait(_LOOK_SECONDS)
    raise PlatformError("demo_timed_out", "The agent was not live in time.", "Look at the dashboard and at the logs.")


def _timed(screen: Screen, text: str, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    began = time.monotonic()
    done = work()
    screen.step(text, seconds=time.monotonic() - began)
    return done
