"""Policies of trusted deploys, and the proofs that workflows show: what fits is worth a token of minutes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from core.errors import UserError
from projects import tokens
from projects.actions import audit
from projects.models import DeployPolicy, Environment, Project, UsedAssertion, User
from projects.tokens import Scope

LIFETIME: Final = timedelta(minutes=15)
#: Their code is a stranger's, or runs beside it.
_PULL_REQUESTS: Final = frozenset({"pull_request", "pull_request_target"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A policy as a form says it."""

    environment: str
    repository_id: str
    owner_id: str
    ref: str
    job_environment: str = ""
    workflow: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a verified assertion says of a workflow's job. Never its `sub`: that has more than one shape."""

    issuer: str
    jti: str
    expires_at: datetime
    repository_id: int
    owner_id: int
    ref: str
    event: str
    job_environment: str
    workflow: str  # its file, without the repository's name before it and the ref behind it


def proof_of(claims: Mapping[str, Any]) -> Proof:
    """Raises UserError where a claim that is needed is missing."""
    try:
        return Proof(
            issuer=str(claims["iss"]),
            jti=str(claims["jti"])[:300],
            expires_at=datetime.fromtimestamp(int(claims["exp"]), tz=timezone.get_default_timezone()),
            repository_id=int(claims["repository_id"]),
            owner_id=int(claims["repository_owner_id"]),
            ref=str(claims["ref"]),
            event=str(claims["event_name"]),
            job_environment=str(claims.get("environment", "")),
            workflow=_file_of(str(claims["workflow_ref"]), str(claims["repository"])),
        )
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise UserError(
            "assertion_invalid", "The proof does not say all that a job's does.", "Send what the job was given."
        ) from error


def exchange(project: Project, proof: Proof) -> tuple[str, DeployPolicy]:
    """A token for this project and the policy's environment, once for each proof. Raises UserError."""
    policy = next((one for one in _policies(project) if fits(one, proof)), None)
    if policy is None:
        raise UserError(
            "deploy_not_trusted",
            "No policy of this project fits the job that asks.",
            "Compare the job with Trusted deploys in the project's Settings.",
        )
    with transaction.atomic():
        _use_up(policy, proof)
        name = f"workflow of repository {proof.repository_id}"[:100]
        text = tokens.mint(
            project.team,
            policy.created_by,
            name,
            scopes=frozenset({Scope.READ, Scope.DEPLOY}),
            project=project,
            environment=Environment(policy.environment),
            expires_at=timezone.now() + LIFETIME,
        )
        detail = {"repository": proof.repository_id, "ref": proof.ref, "event": proof.event, "policy": policy.pk}
        audit(project.team, None, "deploy.trusted", project.slug, environment=policy.environment, **detail)
    return text, policy


def fits(policy: DeployPolicy, proof: Proof) -> bool:
    if policy.environment == Environment.PRODUCTION and proof.event in _PULL_REQUESTS:
        return False
    return (
        (policy.repository_id, policy.owner_id) == (proof.repository_id, proof.owner_id)
        and fnmatchcase(proof.ref, policy.ref)
        and policy.job_environment in ("", proof.job_environment)
        and policy.workflow in ("", proof.workflow)
    )


def trust(project: Project, wanted: Wanted, *, actor: User) -> DeployPolicy:
    """Raises UserError."""
    if not _is_sensible(wanted):
        raise UserError(
            "policy_invalid",
            "A policy names a repository and its owner by their numbers, and a ref.",
            "The API of the code host shows them: /repos/OWNER/NAME answers `id` and `owner.id`.",
        )
    with transaction.atomic():
        policy: DeployPolicy = DeployPolicy.objects.create(
            team=project.team,
            project=project,
            environment=wanted.environment,
            repository_id=int(wanted.repository_id),
            owner_id=int(wanted.owner_id),
            ref=wanted.ref,
            job_environment=wanted.job_environment,
            workflow=wanted.workflow,
            created_by=actor,
        )
        audit(project.team, actor, "deploy.trust", project.slug, ref=wanted.ref, environment=wanted.environment)
    return policy


def distrust(policy: DeployPolicy, *, actor: User) -> None:
    with transaction.atomic():
        audit(policy.team, actor, "deploy.distrust", policy.project.slug, ref=policy.ref)
        policy.delete()


def forget_used() -> int:
    """Proofs that nobody would believe any more."""
    removed, _by_kind = UsedAssertion.objects.filter(expires_at__lt=timezone.now() - timedelta(days=1)).delete()
    return int(removed)


def _policies(project: Project) -> list[DeployPolicy]:
    """Those that narrow it most are looked at first, so that the narrowest that fits decides."""
    rows = DeployPolicy.objects.filter(project=project).select_related("created_by")
    return sorted(rows, key=lambda one: (not one.job_environment, not one.workflow, "*" in one.ref, one.pk))


def _use_up(policy: DeployPolicy, proof: Proof) -> None:
    try:
        with transaction.atomic():
            UsedAssertion.objects.create(
                team=policy.team, issuer=proof.issuer[:300], jti=proof.jti, expires_at=proof.expires_at
            )
    except IntegrityError as error:
        raise UserError(
            "assertion_used", "This proof was exchanged already.", "Ask for a new one in the job: each is good once."
        ) from error


def _is_sensible(wanted: Wanted) -> bool:
    numbers = all(
        text.isascii() and text.isdigit() and int(text) < 2**63 for text in (wanted.repository_id, wanted.owner_id)
    )
    places = wanted.environment in (Environment.PRODUCTION, Environment.PREVIEW) and wanted.ref.startswith("refs/")
    short = len(wanted.ref) <= 290 and max(len(wanted.job_environment), len(wanted.workflow)) <= 255
    return numbers and places and short


def _file_of(workflow_ref: str, repository: str) -> str:
    """Of OWNER/NAME/.github/workflows/deploy.yml@refs/heads/main."""
    return workflow_ref.removeprefix(f"{repository}/").partition("@")[0]
