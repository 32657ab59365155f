"""How an agent comes to a vendor that takes no upload: two small programs beside a plain image of Node, which fetch the
bundle from this installation at each start."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from core.errors import UserError
from core.findings import Finding
from deployments.platforms.cloud import Artefact, Release

#: The publisher's own image, with Node and tar in it: nobody's repository or registry has to be there but Docker Hub's.
IMAGE: Final = "docker.io/library/node:24-slim"
START: Final = "start.sh"
FETCH: Final = "fetch.mjs"
SECRETS: Final = "secrets.sh"
TOKEN: Final = "DEXTO_ARTEFACT_TOKEN"  # noqa: S105  # the variable's name
#: Names a person's variable may not have: the loader's own, and what decides where the agent answers.
RESERVED: Final = frozenset({"DEXTO_ARTEFACT_URL", "DEXTO_ARTEFACT_SHA256", TOKEN, "DEXTO_ENTRY", "PORT"})
_SHELL_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LOCAL_SUFFIXES: Final = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".test", ".invalid")


def programs() -> Mapping[str, str]:
    """What the vendor is sent, by file name."""
    return {name: _program(name) for name in (START, FETCH)}


def start_command(folder: str, home: str) -> list[str]:
    """`folder` holds the programs; `home` can be written to."""
    return ["sh", f"{folder}/{START}", folder, home]


def loader_variables(release: Release) -> dict[str, str]:
    """What the programs have to know, without the token. Raises UserError where there is nothing to fetch from."""
    artefact = artefact_of(release)
    return {
        "DEXTO_ARTEFACT_URL": artefact.url,
        "DEXTO_ARTEFACT_SHA256": artefact.sha256,
        "DEXTO_ENTRY": release.bundle.manifest.entry,
    }


def artefact_of(release: Release) -> Artefact:
    if release.artefact is None:
        raise unreachable("Nothing of an installation is there to fetch the bundle from.")
    return release.artefact


def as_shell(variables: Mapping[str, str]) -> str:
    """Secrets as a file that a shell reads, for vendors that mount files and not variables."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in sorted(variables.items()))


def fetching_problems(release: Release, *, is_test: bool) -> Iterator[Finding]:
    """What would keep the vendor from fetching and starting it. `is_test`: its API is one on this machine."""
    for name in sorted({*release.variables} & RESERVED):
        yield UserError("variable_reserved", f"The variable {name} is set by the release.", _RENAME).as_finding()
    for name in sorted(one for one in release.variables if not _SHELL_NAME.fullmatch(one)):
        yield UserError("variable_name", f"{name!r} cannot be a variable's name.", _RENAME).as_finding()
    if release.artefact is None:
        yield unreachable("Nothing of an installation is there to fetch the bundle from.").as_finding()
    elif not is_test and not _is_of_the_internet(release.artefact.url):
        yield unreachable(f"The bundle would be fetched from {_origin(release.artefact.url)}.").as_finding()


def unreachable(sentence: str) -> UserError:
    return UserError(
        "installation_unreachable",
        f"{sentence} The vendor reaches only https addresses of the internet.",
        "Set DEXTO_PUBLIC_URL to an https address that the internet reaches, or choose another platform.",
    )


def _is_of_the_internet(url: str) -> bool:
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        return parts.scheme == "https" and ip_address(host).is_global
    except ValueError:
        return parts.scheme == "https" and "." in host and not host.endswith(_LOCAL_SUFFIXES)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


@cache
def _program(name: str) -> str:
    return (Path(__file__).parent / "loader" / name).read_text()


_RENAME: Final = "Give the variable another name."
