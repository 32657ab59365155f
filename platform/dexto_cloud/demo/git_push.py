"""A real git repository, pushed with real git. The token goes by the environment."""

from __future__ import annotations

import base64
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import PlatformError


@dataclass(frozen=True, slots=True)
class Checkout:
    """A working copy with a remote that wants a token."""

    folder: Path
    remote: str
    token: str = field(repr=False)

    def make(self) -> None:
        self._git("init", "--quiet", "--initial-branch=main", ".")

    def commit(self, message: str) -> str:
        """The new commit's id."""
        self._git("add", "--all")
        self._git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.head()

    def head(self) -> str:
        return self._git("rev-parse", "HEAD").strip()

    def back_to(self, branch: str) -> None:
        """A branch that is there already."""
        self._git("checkout", "--quiet", branch)

    def switch(self, branch: str) -> None:
        """A new branch from here, whatever was called so before."""
        self._git("checkout", "--quiet", "-B", branch)

    def push(self, branch: str, *options: str) -> None:
        self._git("push", "--quiet", *options, self.remote, f"HEAD:refs/heads/{branch}")

    def delete(self, *branches: str) -> None:
        """At the remote."""
        self._git("push", "--quiet", self.remote, *(f":refs/heads/{branch}" for branch in branches))

    def heads(self) -> dict[str, str]:
        """The remote's branches with their commits."""
        listing = self._git("ls-remote", "--heads", self.remote)
        pairs = (line.split("\t") for line in listing.splitlines())
        return {name.removeprefix("refs/heads/"): commit for commit, name in pairs}

    def remote_head(self, branch: str) -> str:
        """The commit that the remote has there."""
        return self._git("ls-remote", self.remote, f"refs/heads/{branch}").partition("\t")[0]

    def _git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env=_environment(self.token),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise PlatformError("git_failed", f"git {arguments[0]} failed: {done.stderr.strip()[-300:]}", "Try again.")
        return done.stdout


def _environment(token: str) -> dict[str, str]:
    header = f"Authorization: Basic {base64.b64encode(f'demo:{token}'.encode()).decode()}"
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": "/nonexistent",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "http.extraHeader",
        "GIT_CONFIG_VALUE_0": header,
        "GIT_AUTHOR_NAME": "Demo",
        "GIT_AUTHOR_EMAIL": "demo@example.com",
        "GIT_COMMITTER_NAME": "Demo",
        "GIT_COMMITTER_EMAIL": "demo@example.com",
    }
