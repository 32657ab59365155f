"""How each thing is told once. Every call is outside any transaction.

What is asked is written before the call and what was told after it. Where the two differ an answer was lost, with its
worker or on the way: then the host is asked what it holds before anything is made again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, TypeVar

from clients import code_host
from clients.code_host import CheckRun, CodeReports, CommitStatus, DeploymentState, NewDeployment
from clients.code_host_errors import CodeHostMissingError
from deployments import addresses, report_comment, report_facts
from deployments.models import (
    CheckReport,
    CommentReport,
    Deployment,
    DeploymentReport,
    DeploymentStatus,
    PullRequest,
    StatusReport,
)
from deployments.models.reports import Report
from deployments.report_agent import agent_changes
from deployments.report_facts import Commit, annotations_of
from deployments.report_words import gravest, said_of, sentence, summary
from projects.leases import Lease

Row = TypeVar("Row", bound=Report)


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells under a lease, and remembers under its fence."""

    lease: Lease
    reports: CodeReports

    def asking(self, row: Report, digest: str) -> bool:
        """Notes what is about to be asked. Whether nobody knows what became of what was asked before."""
        uncertain = row.asked != row.told
        self.keep(row, asked=digest)
        return uncertain

    def told(self, row: Report, digest: str, **values: Any) -> None:
        self.keep(row, asked=digest, told=digest, **values)

    def keep(self, row: Report, **values: Any) -> None:
        self.lease.check()
        with self.lease.transaction():
            type(row)._default_manager.filter(pk=row.pk).update(**values)
        for name, value in values.items():
            setattr(row, name, value)

    def row(self, kind: type[Row], **key: Any) -> Row:
        with self.lease.transaction():
            defaults = {"team_id": self.lease.operation.team_id}
            return kind._default_manager.get_or_create(**key, defaults=defaults)[0]


Telling = Callable[[Teller], None]


def context_of(slug: str) -> str:
    """What required checks name: the same for ever."""
    return f"dexto/{slug}"


def status(commit: Commit) -> Telling:
    return lambda teller: _tell_status(teller, commit)


def deployment(one: Deployment) -> Telling:
    return lambda teller: _tell_deployment(teller, one)


def check(commit: Commit) -> Telling:
    return lambda teller: _tell_check(teller, commit)


def comment(pull_request: PullRequest) -> Telling:
    return lambda teller: _tell_comment(teller, pull_request)


def _tell_status(teller: Teller, commit: Commit) -> None:
    worst = gravest(commit.deployments)
    wanted = CommitStatus(
        commit.sha,
        context_of(commit.project.slug),
        said_of(worst).status,
        summary(commit.deployments),
        addresses.page_url(worst),
    )
    row = teller.row(StatusReport, project=commit.project, sha=commit.sha)
    digest = _digest(wanted.state, wanted.description, wanted.target_url)
    if row.told == digest:
        return
    if not (teller.asking(row, digest) and teller.reports.has_status(wanted)):
        teller.reports.create_status(wanted)
    teller.told(row, digest)


def _tell_deployment(teller: Teller, one: Deployment) -> None:
    wanted = _wanted_state(one)
    if wanted is None:
        return
    row = teller.row(DeploymentReport, deployment=one)
    digest = _digest(wanted.state, wanted.description, wanted.environment_url)
    if row.told == digest:
        return
    number = row.external_id or _make_deployment(teller, one, row)
    uncertain = teller.asking(row, digest)
    if not (uncertain and teller.reports.newest_deployment_state(number) == wanted.state):
        teller.reports.create_deployment_status(number, wanted)
    teller.told(row, digest)


def _make_deployment(teller: Teller, one: Deployment, row: DeploymentReport) -> int:
    wanted = NewDeployment(
        one.push.after,
        _environment(one),
        production=one.is_production,
        transient=not one.is_production,
        description=f"{one.project.slug} on {one.destination.name}",
        key=one.public_id,
    )
    found = teller.reports.find_deployment(wanted) if teller.asking(row, "made") else None
    made = teller.reports.create_deployment(wanted) if found is None else found
    teller.keep(row, external_id=made, asked="")
    return made


def _wanted_state(one: Deployment) -> code_host.DeploymentReport | None:
    state, words = said_of(one).deployment, sentence(one)
    if state is None:
        return None
    if report_facts.is_torn_down(one):
        state, words = DeploymentState.INACTIVE, "Torn down"
    elif one.is_production and one.status == DeploymentStatus.READY and not report_facts.serves_production(one):
        state, words = DeploymentState.INACTIVE, "Ready, while production serves another deployment"
    return code_host.DeploymentReport(state, words, addresses.page_url(one), report_facts.url_of(one))


def _environment(one: Deployment) -> str:
    """As the host lists them: several projects of a repository, and several destinations of a project, side by side."""
    name = f"{one.environment.capitalize()} – {one.project.slug}"
    return name if one.destination.is_default else f"{name} ({one.destination.name})"


def _tell_check(teller: Teller, commit: Commit) -> None:
    worst = gravest(commit.deployments)
    row = teller.row(CheckReport, project=commit.project, sha=commit.sha)
    conclusion = said_of(worst).check
    if row.completed and conclusion is None:
        anew = {"external_id": None, "round": row.round + 1, "completed": False, "annotated": 0}
        teller.told(row, "", **anew)
    annotations = annotations_of(commit.findings, commit.project.root)
    wanted = CheckRun(
        commit.sha,
        context_of(commit.project.slug),
        f"{commit.project.slug}:{row.round}",
        summary(commit.deployments),
        _check_summary(commit),
        addresses.page_url(worst),
        conclusion,
    )
    digest = _digest(str(conclusion), wanted.title, wanted.summary, str(len(annotations)))
    if row.told == digest:
        return
    uncertain = teller.asking(row, digest)
    number = row.external_id or _make_check(teller, row, wanted, uncertain=uncertain)
    has = teller.reports.annotations_of(number) if uncertain else row.annotated
    teller.reports.update_check_run(number, replace(wanted, annotations=annotations[has:]))
    teller.told(row, digest, annotated=len(annotations), completed=conclusion is not None)


def _make_check(teller: Teller, row: CheckReport, wanted: CheckRun, *, uncertain: bool) -> int:
    """Without its annotations, which are added: made with them, a lost answer would leave nobody knowing how many."""
    found = teller.reports.find_check_run(wanted) if uncertain else None
    made = teller.reports.create_check_run(wanted) if found is None else found
    teller.keep(row, external_id=made)
    return made


def _check_summary(commit: Commit) -> str:
    lines = [f"- {report_comment.quoted(f'{one.destination.name}: {sentence(one)}')}" for one in commit.deployments]
    placeless = [one for one in commit.findings if not one.get("file")]
    lines += [f"- {report_comment.quoted(str(one['message']))}" for one in placeless]
    return "\n".join(lines)


def _tell_comment(teller: Teller, pull_request: PullRequest) -> None:
    shown = report_facts.shown_by(pull_request)
    if not shown:
        return
    row, body = teller.row(CommentReport, pull_request=pull_request), _comment_body(pull_request, shown)
    digest = _digest(body)
    if row.told == digest:
        return
    uncertain = teller.asking(row, digest)
    number = row.external_id
    if number is None and uncertain:
        number = teller.reports.find_comment(pull_request.number, report_comment.marker(pull_request.project_id))
    if number is None or not _is_updated(teller, row, number, body):
        number = teller.reports.create_comment(pull_request.number, body)
    teller.told(row, digest, external_id=number)


def _is_updated(teller: Teller, row: CommentReport, number: int, body: str) -> bool:
    """False where somebody deleted it: then it is written anew."""
    try:
        teller.reports.update_comment(number, body)
    except CodeHostMissingError:
        teller.keep(row, external_id=None)
        return False
    return True


def _comment_body(pull_request: PullRequest, shown: tuple[Deployment, ...]) -> str:
    rows = [
        report_comment.Row(
            one.destination.name,
            one.destination.target,
            "Torn down" if report_facts.is_torn_down(one) else sentence(one),
            report_facts.url_of(one, pull_request),
            addresses.page_url(one),
            one.push.after,
        )
        for one in shown
    ]
    return report_comment.comment(pull_request.project_id, pull_request.project.slug, rows, agent_changes(shown))


def _digest(*parts: str) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()
