"""What somebody may have meant by a name that the installation does not know."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, Final

from core.errors import UserError

#: Of a deployment's id that has a typing error somewhere.
_SURE_LETTERS: Final = 3
_AT_MOST: Final = 3


def project_unknown(name: str, known: Sequence[str]) -> UserError:
    """`known` are the projects that the token sees."""
    step = _did_you_mean(name, known) or "`dexto-cloud ls` shows those that the token sees."
    return UserError("not_found", f"There is no project {name}.", step)


def deployment_unknown(name: str, projects: Sequence[str], deployments: Sequence[str]) -> UserError:
    """`deployments` are ids that begin alike. A project's name is often written where a deployment's id is meant."""
    if name in projects:
        sentence = f"{name} is a project, and this wants one of its deployments."
        return UserError("not_found", sentence, f"`dexto-cloud deployments {name}` shows their ids.")
    step = _did_you_mean(name, deployments) or "`dexto-cloud deployments PROJECT` shows the ids of a project's."
    return UserError("not_found", f"There is no deployment {name}.", step)


def named(rows: Sequence[dict[str, Any]], wanted: str) -> list[dict[str, Any]]:
    """Those that are called so: by their id, which comes before a name that looks like one."""
    return [one for one in rows if str(one["id"]) == wanted] or [one for one in rows if one["name"] == wanted]


def beginning_of(name: str) -> str:
    """By which deployments are looked for."""
    return name[:_SURE_LETTERS]


def _did_you_mean(name: str, known: Sequence[str]) -> str:
    found = get_close_matches(name, known, n=_AT_MOST)
    return f"Did you mean {' or '.join(found)}?" if found else ""
