"""Rows for tests, made the way the code makes them."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from builds import logs
from builds.models import Build, BuildStatus, Bundle
from core.targets import Platform, Target
from deployments import pipeline, release
from deployments.events import PushEvent
from deployments.metrics.adding import Count, Minute, add
from deployments.metrics.latency import BUCKETS
from deployments.models import (
    Account,
    AgentStorage,
    CloudService,
    Deployment,
    DeploymentStatus,
    Destination,
    Domain,
    Instance,
    Node,
    Notification,
    NotificationTarget,
    Observed,
    TargetKind,
)
from deployments.notifying import actions as notifying
from deployments.notifying.events import CHOICES, Event
from origin.actions import create_hosted_project
from projects import actions, invitations, operations, tokens, trusted_deploys
from projects.models import (
    Environment,
    Membership,
    Operation,
    OperationStatus,
    Project,
    Repository,
    Role,
    Team,
    User,
    Variable,
)
from webhooks.models import Delivery, DeliveryStatus

_numbers = count(1)


def user(name: str = "", password: str | None = None) -> User:
    """Hashing a password takes a third of a second: most people here never sign in with one."""
    return User.objects.create_user(username=name or f"person-{next(_numbers)}", password=password)


def joined(of: Team, role: Role = Role.MEMBER) -> Membership:
    membership: Membership = Membership.objects.create(team=of, user=user(), role=role)
    return membership


def team(owner: User | None = None, slug: str = "") -> Team:
    return actions.create_team(slug or f"team-{next(_numbers)}", owner or user())


def project(of: Team | None = None, slug: str = "", *, external_id: int = 0) -> Project:
    """Linked to a repository of a host that nobody asks."""
    owner = of or team()
    repository = Repository.objects.create(
        team=owner, host="github.com", external_id=external_id or next(_numbers) + 1_000, full_name="acme/agent"
    )
    return actions.create_project(owner, slug or f"project-{next(_numbers)}", repository, actor=None)


def set_plain(of: Project, name: str, value: str) -> Variable:
    """A variable of production that everyone in the team may read."""
    return actions.set_variable(of, name, value, environment=Environment.PRODUCTION, actor=None, is_secret=False)


def hosted_project(of: Team | None = None, slug: str = "") -> Project:
    return create_hosted_project(of or team(), slug or f"project-{next(_numbers)}", actor=None)


def push_event(branch: str = "main", *, after: str = "", message: str = "a change") -> PushEvent:
    number = next(_numbers)
    return PushEvent(
        delivery=str(uuid4()),
        ref=f"refs/heads/{branch}",
        before="0" * 40,
        after=after or f"{number:040x}",
        message=message,
        author="ada",
    )


def pushed(of: Project, branch: str = "main", **values: str) -> Deployment:
    """The deployment that a push made, queued."""
    pipeline.handle_push(of, push_event(branch, **values))
    newest: Deployment = Deployment.objects.filter(project=of).with_everything().latest("pk")
    return newest


def bundle(of: Project, *required: str) -> Bundle:
    """`required` are variables that its agents cannot do without."""
    number = next(_numbers)
    return Bundle.objects.create(
        team=of.team,
        project=of,
        key=f"{number:064x}",
        target=Target.NODEJS,
        digest=f"{number:064x}",
        manifest_key=f"bundles/{of.team_id}/{number}",
        entry="index.mjs",
        size=1,
        file_count=1,
        required_variables=list(required),
    )


def ready(of: Project, branch: str = "main", **values: str) -> Deployment:
    """As a push leaves it behind when everything went well."""
    return made_ready(pushed(of, branch, **values))


def made_ready(deployment: Deployment) -> Deployment:
    found = deployment.bundle or bundle(deployment.project)
    Build.objects.filter(pk=deployment.build_id).update(status=BuildStatus.READY, bundle=found)
    Deployment.objects.filter(pk=deployment.pk).update(bundle=found)
    running(deployment)
    return live(deployment)


def live(deployment: Deployment) -> Deployment:
    """With its routes, once its agent runs."""
    Deployment.objects.filter(pk=deployment.pk).update(status=DeploymentStatus.DEPLOYING)
    with transaction.atomic():
        release._go_live(Deployment.objects.with_everything().get(pk=deployment.pk))
    fresh: Deployment = Deployment.objects.with_everything().get(pk=deployment.pk)
    return fresh


def elsewhere(of: Project, name: str = "", *, destination: str = "edge") -> CloudService:
    """A destination at a vendor that nobody asks: its account, its production service and storage, a domain there."""
    number = next(_numbers)
    account = Account.objects.create(team=of.team, platform=Platform.FLY, name=name or f"account-{number}")
    place = Destination.objects.create(
        team=of.team, project=of, name=destination, target=Target.NODEJS, platform=Platform.FLY, account=account
    )
    Domain.objects.create(
        team=of.team, project=of, destination=place, hostname=f"chat-{number}.acme-shop.com", proof="-"
    )
    AgentStorage.objects.create(
        team=of.team,
        destination=place,
        environment=Environment.PRODUCTION,
        provider="neon",
        name=f"{of.slug}-memory-{number}",
        mark=f"dexto:memory-{number}",
    )
    return CloudService.objects.create(
        team=of.team,
        project=of,
        destination=place,
        platform=Platform.FLY,
        account=account,
        environment=Environment.PRODUCTION,
        name=f"{of.slug}-{destination}-{number}",
        mark=f"dexto:{number}",
    )


def numbered(of: Project, owner: User) -> dict[str, Any]:
    """One of each thing of the team that the API knows by its number: the route → its row."""
    wanted = trusted_deploys.Wanted("preview", "1", "1", "refs/heads/main")
    policy = trusted_deploys.trust(of, wanted, actor=owner)
    invitation = invitations.find(invitations.invite(of.team, Role.MEMBER, "somebody", actor=owner))
    delivery = Delivery.objects.create(
        guid=str(uuid4()),
        host="github.com",
        event="push",
        team=of.team,
        decisions={str(of.team_id): "deploys"},
        status=DeliveryStatus.IGNORED,
    )
    operation = operations.enqueue(of.team, "report", next(_numbers), str(uuid4()))
    Operation.objects.filter(pk=operation.pk).update(status=OperationStatus.FAILED)
    token = tokens.find(tokens.mint(of.team, owner, "another", scopes=frozenset({tokens.Scope.READ})))
    return {
        "projects/<slug:slug>/trusted/<int:pk>": policy,
        "invitations/<int:pk>": invitation,
        "deliveries/<int:pk>/replay": delivery,
        "queue/operations/<int:pk>/repeat": operation,
        "tokens/<int:pk>": token,
    }


def told(of: Project, name: str = "program", *, deliveries: int = 1) -> NotificationTarget:
    """A signed webhook that nobody answers, and what it was to be told."""
    wish = notifying.Wish(TargetKind.WEBHOOK, name, "https://hooks.invalid/dexto", CHOICES, of)
    target = notifying.add(of.team, wish, actor=None).target
    place = {"team": of.team.slug, "project": of.slug, "url": "http://localhost/"}
    for number in range(deliveries):
        Notification.objects.create(
            team=of.team,
            target=target,
            project=of,
            event=Event.FAILED,
            key=f"told:{next(_numbers)}",
            payload={**place, "summary": f"{of.slug}: branch-{number} failed"},
            status=("failed", "sent", "waiting")[number % 3],
            attempts=number % 3 + 1,
            answer="no_service",
            answer_status=404,
        )
    return target


def busy(deployment: Deployment, minutes: int = 55) -> None:
    """Its agent was asked in each of the last minutes, slower and slower, and in the end it failed."""
    now = int(timezone.now().timestamp() // 60)
    for ago in range(minutes):
        latency = [0] * BUCKETS
        latency[5], latency[min(12, 6 + (minutes - ago) // 9)] = 20 + ago % 7, 3 + ago % 4
        failed = max(0, 12 - ago)
        add(
            {
                Minute(deployment.pk, now - ago): Count(
                    requests=sum(latency) + failed,
                    client_errors=ago % 5,
                    server_errors=failed,
                    input_tokens=1_800 + 90 * (ago % 6),
                    output_tokens=400 + 50 * (ago % 9),
                    latency=latency,
                )
            }
        )


def running(deployment: Deployment) -> Instance:
    node, _made = Node.objects.get_or_create(name="test-node")
    instance: Instance = Instance.objects.create(
        team=deployment.team,
        deployment=deployment,
        node=node,
        observed=Observed.RUNNING,
        stream=logs.open_stream(deployment.team),
    )
    return instance


def write_agent(folder: Path, **files: str) -> None:
    """A small project that is as it must be."""
    (folder / "prompts").mkdir(parents=True, exist_ok=True)
    (folder / "agent.yml").write_text(
        "systemPrompt: You are kind.\nllm:\n  provider: openai\n  model: gpt-5-mini\n  apiKey: $OPENAI_API_KEY\n"
    )
    (folder / "prompts" / "one.md").write_text("# One\n")
    for name, text in files.items():
        (folder / name.replace("__", "/").replace("_dot_", ".")).write_text(text)
