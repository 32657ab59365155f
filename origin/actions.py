"""Making projects whose repository lives here."""

from __future__ import annotations

import secrets
from pathlib import Path

from django.conf import settings
from django.db import transaction

from origin import repositories
from origin.models import HOST, OriginRepository
from projects.actions import create_project
from projects.models import Project, Repository, Team, User


def create_hosted_project(team: Team, slug: str, *, actor: User | None, root: str = "") -> Project:
    """A project with an empty repository of its own, to push to. Raises UserError."""
    with transaction.atomic():
        repository = _repository(team, f"{team.slug}/{slug}", "main")
        project = create_project(team, slug, repository, actor=actor, root=root)
        path = Path(settings.DATA_DIR) / "origin" / f"{repository.pk}.git"
        repositories.make(path, repository.default_branch)
        OriginRepository.objects.create(team=team, repository=repository, path=str(path))
    return project


def register_path(team: Team, slug: str, path: Path, *, actor: User | None, root: str = "") -> Project:
    """A project that follows a repository on this machine. Raises UserError."""
    git_directory = repositories.git_directory(path)
    with transaction.atomic():
        repository = _repository(team, path.name, repositories.default_branch(git_directory))
        project = create_project(team, slug, repository, actor=actor, root=root)
        OriginRepository.objects.create(team=team, repository=repository, path=str(git_directory), hosted=False)
    return project


def _repository(team: Team, full_name: str, default_branch: str) -> Repository:
    repository: Repository = Repository.objects.create(
        team=team,
        host=HOST,
        external_id=secrets.randbits(53),
        full_name=full_name,
        clone_url="",  # who fetches asks origin.cloning
        default_branch=default_branch,
    )
    return repository
