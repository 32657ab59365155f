"""Agents that are sent as a snapshot instead of pushed: each is a project with a repository of its own."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Final

from django.conf import settings

from core.errors import UserError
from deployments import release_queue
from deployments.hostnames import slug
from deployments.models import Deployment, DeploymentStatus, Wanted
from origin import snapshots
from origin.actions import create_hosted_project
from origin.models import OriginRepository
from projects.actions import audit
from projects.models import Project, Team, User

_BELOW: Final = "workspace"  # the folder of the archive that holds the project
_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz0123456789"
_DEPLOY_FILE: Final = ".dexto/deploy.json"
_DEFAULT_AGENT: Final = b"""\
systemPrompt: You are a helpful assistant. Answer briefly.
llm:
  provider: openai
  model: gpt-5-mini
  apiKey: $OPENAI_API_KEY
"""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A project as it was sent. Without an archive it is the default agent."""

    entry_agent: str
    archive: IO[bytes] | None


def deploy(team: Team, snapshot: Snapshot, *, to: Project | None, actor: User) -> Project:
    """Commits the snapshot, whose push then goes the way of every push. Raises UserError."""
    project = to or create_hosted_project(team, _new_slug(snapshot.entry_agent), actor=actor)
    origin = OriginRepository.objects.filter(repository=project.repository_id, hosted=True).first()
    if origin is None:
        raise UserError(
            "not_a_snapshot", f"{project.slug} is built from its repository.", "Push to that, or deploy a new agent."
        )
    message = f"Deploy {snapshot.entry_agent or 'the default agent'}"
    snapshots.commit(
        origin, _files(snapshot), branch=project.production_branch, message=message, author=actor.get_username()
    )
    return project


def newest(project: Project) -> Deployment | None:
    found: Deployment | None = (
        Deployment.objects.filter(project=project).with_everything().select_related("instance").order_by("-pk").first()
    )
    return found


def status(deployment: Deployment | None) -> str:
    """In the words of the published client: ready, stopped, failed, or what it is doing."""
    if deployment is None:
        return "queued"
    if deployment.is_active:
        return str(deployment.status)
    if deployment.status != DeploymentStatus.READY:
        return "failed"
    instance = getattr(deployment, "instance", None)
    return "stopped" if instance is not None and instance.wanted == Wanted.GONE else "ready"


def stop(project: Project, *, actor: User) -> bool:
    """Ends its agents; the snapshot stays, and a deploy brings it back. False where nothing ran."""
    running = Deployment.objects.filter(project=project, instance__isnull=False).exclude(instance__wanted=Wanted.GONE)
    if not running.exists():
        return False
    release_queue.retire(running)
    audit(project.team, actor, "agent.stopped", project.slug)
    return True


def _files(snapshot: Snapshot) -> Iterator[snapshots.SnapshotFile]:
    """With the agent that was named as the entry, which the archive itself need not say."""
    if snapshot.archive is None:
        yield snapshots.SnapshotFile("agent.yml", "100644", _DEFAULT_AGENT)
        return
    limits = snapshots.SnapshotLimits(settings.MAX_PROJECT_BYTES, settings.MAX_FILE_BYTES, settings.MAX_PROJECT_FILES)
    for file in snapshots.unpacked(snapshot.archive, limits, below=_BELOW):
        if file.path != _DEPLOY_FILE or not snapshot.entry_agent:
            yield file
    if snapshot.entry_agent:
        wanted = {"version": 1, "agent": {"type": "workspace", "path": snapshot.entry_agent}}
        yield snapshots.SnapshotFile(_DEPLOY_FILE, "100644", json.dumps(wanted).encode())


def _new_slug(entry_agent: str) -> str:
    stem = slug(PurePosixPath(entry_agent).stem)[:28].strip("-") or "agent"
    return f"{stem}-{''.join(secrets.choice(_ALPHABET) for _ in range(6))}"
