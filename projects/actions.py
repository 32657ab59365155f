"""What people do to teams, projects and variables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from django.db import IntegrityError, transaction

from core.errors import UserError
from projects.models import (
    AuditEntry,
    Environment,
    Membership,
    Project,
    Repository,
    Role,
    Team,
    User,
    Variable,
)
from projects.quotas import PROJECTS
from projects.secrets import seal

_SLUG: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_RESERVED_PARTS: Final = ("-git-", "-pr-")
_RESERVED_NAMES: Final = frozenset(
    {
        *("new", "api", "git", "events", "webhooks", "static", "internal", "admin", "www"),
        *("account", "metrics", "healthz", "readyz", "sign-in", "sign-out", "find", "device", "docs"),
    }
)
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}")
#: What the platform itself tells an agent. Others of DEXTO_ are settings of the runtime, for people to choose.
_OURS: Final = frozenset(
    {
        *("DEXTO_SOCKET", "DEXTO_STATE_DIR", "DEXTO_DEPLOYMENT"),
        *("DEXTO_COMMIT", "DEXTO_BRANCH", "DEXTO_ENVIRONMENT"),
    }
)


def audit(team: Team, actor: User | None, verb: str, subject: str, **detail: object) -> None:
    AuditEntry.objects.create(team=team, actor=actor, verb=verb, subject=subject, detail=detail)


def audit_unsealing(team: Team, subject: str, names: Iterable[str], **detail: object) -> None:
    """Before anything decrypts them: no value is read that nobody can find out about. Names only."""
    if listed := sorted(names):
        audit(team, None, "variables.unsealed", subject, names=listed, **detail)


def create_team(slug: str, owner: User, *, name: str = "") -> Team:
    _check_slug(slug, "team")
    try:
        with transaction.atomic():
            team = Team.objects.create(slug=slug, name=name or slug)
            Membership.objects.create(team=team, user=owner, role=Role.OWNER)
    except IntegrityError as error:
        raise UserError("name_taken", f"There is a team {slug} already.", "Choose another name.") from error
    audit(team, owner, "team.created", slug)
    return team


def create_project(team: Team, slug: str, repository: Repository, *, actor: User | None, root: str = "") -> Project:
    _check_slug(slug, "project")
    try:
        with transaction.atomic():
            PROJECTS.require(team, Project.objects.for_team(team).count)
            project: Project = Project.objects.create(
                team=team,
                slug=slug,
                repository=repository,
                root=root.strip("/"),
                production_branch=repository.default_branch,
            )
    except IntegrityError as error:
        raise UserError("name_taken", f"There is a project {slug} already.", "Choose another name.") from error
    audit(team, actor, "project.created", slug)
    return project


def change_project(project: Project, *, actor: User | None, **values: object) -> Project:
    """Changes what is named, for what is pushed from now on: see `_CHECKED`. Raises UserError."""
    wanted = {name: _CHECKED[name](value) for name, value in values.items()}
    with transaction.atomic():
        Project.objects.filter(pk=project.pk).update(**wanted)
        audit(project.team, actor, "project.changed", project.slug, **wanted)
    project.refresh_from_db()
    return project


def _branch(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > 250:
        raise UserError("branch_invalid", f"{value!r} is not a branch's name.", "Name the branch as git does: main.")
    return value.strip()


def _root(value: object) -> str:
    folder = PurePosixPath(str(value).strip().strip("/") or ".")
    if ".." in folder.parts or len(str(folder)) > 500:
        raise UserError("root_invalid", f"{value!r} is not a folder of the repository.", "Name one below its top.")
    return "" if str(folder) == "." else str(folder)


def _watch_paths(value: object) -> list[str]:
    patterns = [line.strip() for line in value if isinstance(line, str)] if isinstance(value, list) else []
    if not isinstance(value, list) or len(patterns) != len(value) or len(patterns) > 100:
        raise UserError("watch_paths_invalid", "Watch paths are up to 100 patterns.", "Write them as in .gitignore.")
    return [pattern for pattern in patterns if pattern]


def _ignore_command(value: object) -> str:
    command = value.strip() if isinstance(value, str) else "\n"
    if len(command) > 500 or not command.isprintable():
        raise UserError(
            "ignore_command_invalid",
            "The ignored-build command is one line of up to 500 characters.",
            "Put what is longer into a script of the repository, and name that.",
        )
    return command


_CHECKED: Final[Mapping[str, Callable[[object], object]]] = {
    "production_branch": _branch,
    "root": _root,
    "watch_paths": _watch_paths,
    "ignore_command": _ignore_command,
    "supersede": bool,
}


def set_variable(
    project: Project,
    name: str,
    value: str,
    *,
    environment: Environment,
    actor: User | None,
    branch: str = "",
    is_secret: bool = True,
) -> Variable:
    """A new version of one variable; deployments that exist keep the version they were made with."""
    _check_variable(name, value, branch)
    with transaction.atomic():
        variable, _created = Variable.objects.update_or_create(
            project=project,
            name=name,
            environment=environment,
            branch=branch,
            defaults={"team": project.team, "version": seal(project.team, value, is_secret=is_secret)},
        )
        audit(
            project.team,
            actor,
            "variable.set",
            f"{project.slug}/{name}",
            environment=environment,
            branch=branch,
            plain=not is_secret,
        )
    return variable


def set_variables(project: Project, values: Mapping[str, str], **place: Any) -> None:
    """All of them or none; `place` is `set_variable`'s. Raises UserError."""
    with transaction.atomic():
        for name, value in values.items():
            set_variable(project, name, value, **place)


def _check_variable(name: str, value: str, branch: str) -> None:
    if not _VARIABLE.fullmatch(name):
        raise UserError(
            "variable_name",
            f"{name!r} cannot be a variable's name.",
            "Use letters, digits and underscores, not starting with a digit.",
        )
    if name in _OURS:
        raise UserError("variable_reserved", f"{name} is set by the platform itself.", "Choose another name.")
    if "\0" in value + branch:
        raise UserError("variable_value", "No program can be given a value with a zero byte.", "Leave that byte out.")


def remove_variable(variable: Variable, *, actor: User | None) -> None:
    with transaction.atomic():
        audit(variable.team, actor, "variable.removed", f"{variable.project.slug}/{variable.name}")
        variable.delete()


def _check_slug(slug: str, what: str) -> None:
    if not _SLUG.fullmatch(slug):
        raise UserError(
            "name_invalid",
            f"{slug!r} cannot be a {what}'s name.",
            "Use up to 40 lower-case letters, digits and single dashes, with a letter or digit at both ends.",
        )
    if slug in _RESERVED_NAMES or any(part in slug for part in _RESERVED_PARTS):
        raise UserError("name_reserved", f"The name {slug} is reserved.", "Choose another name.")
