"""Hostnames of people's own: claimed, proved by their DNS, and only then served."""

from __future__ import annotations

import ipaddress
import re
import secrets
import unicodedata
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

import idna
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from core.errors import UserError
from core.targets import Platform
from deployments import hostnames, routing
from deployments.cloud import queue
from deployments.models import Destination, Domain, DomainState, Route, RouteKind
from deployments.platforms import CLOUDS
from projects.actions import audit
from projects.models import User

_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
#: Names that no DNS of the internet gives anybody.
_NOBODYS: Final = frozenset(
    {
        *("localhost", "local", "internal", "invalid", "test", "example", "onion", "alt", "arpa"),
        *("home", "corp", "lan", "intranet", "localdomain"),
    }
)
_LONGEST: Final = 253


def add(destination: Destination, hostname: str, *, actor: User | None) -> Domain:
    """Claims it for the destination's production. It serves once its DNS says that it is theirs. Raises UserError."""
    name = checked(hostname)
    _require_domains(destination)
    try:
        with transaction.atomic():
            domain: Domain = Domain.objects.create(
                team=destination.team,
                project=destination.project,
                destination=destination,
                hostname=name,
                proof=f"dexto-verify={secrets.token_hex(16)}",
            )
            Domain.objects.filter(pk=domain.pk).update(records=records_of(domain))
            audit(destination.team, actor, "domain.added", name, project=destination.project.slug)
            queue.see_to(domain)
    except IntegrityError as error:
        raise UserError("domain_taken", f"{name} is one of the project's already.", "Remove it there first.") from error
    domain.refresh_from_db()
    return domain


def remove(domain: Domain, *, actor: User | None) -> None:
    """It serves nothing from now on; where a vendor has it, that is told until it agrees."""
    with transaction.atomic():
        values: dict[str, Any] = {"state": DomainState.LEAVING}
        if not domain.destination.is_cloud:
            values["removed_at"] = Now()
        Domain.objects.filter(pk=domain.pk).update(**values)
        audit(domain.team, actor, "domain.removed", domain.hostname)
        if domain.destination.is_cloud:
            queue.see_to(domain)


def checked(hostname: str) -> str:
    """As DNS has it, in lower case. Raises UserError for what is no hostname of the internet, or is ours."""
    name = hostname.strip().lower().rstrip(".")
    labels = name.split(".")
    if _is_address(name) or len(name) > _LONGEST or len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)):
        raise _refused(hostname, "Write the whole name, such as chat.example.com, and letters beyond ASCII as xn--….")
    if labels[-1] in _NOBODYS or labels[-1].isdigit():
        raise _refused(hostname, "Choose a name of a domain that you have registered.")
    if any(label.startswith("xn--") and not _is_plain(label) for label in labels):
        raise _refused(
            hostname, "A label in it mixes scripts, or is no word of any: it would be taken for another name."
        )
    if any(name == own or name.endswith(f".{own}") for own in _own_names()):
        raise _refused(hostname, "It belongs to this installation.")
    return name


def records_of(domain: Domain) -> list[dict[str, str]]:
    """What its owner sets, where this installation serves it. A vendor names its own once it was asked."""
    if domain.destination.is_cloud:
        return []
    return [
        {"type": "TXT", "name": proof_name(domain.hostname), "value": domain.proof},
        {"type": "CNAME", "name": domain.hostname, "value": target_of(domain)},
    ]


def proof_name(hostname: str) -> str:
    return f"_dexto.{hostname}"


def target_of(domain: Domain) -> str:
    """Where it is to lead: production's hostname, also before there is anything in production."""
    route = Route.objects.filter(destination=domain.destination_id, kind=RouteKind.PRODUCTION).first()
    if route is not None:
        return str(route.hostname)
    project = domain.project
    destination = domain.destination
    prefix = hostnames.destination_prefix(project.slug, destination.name, is_default=destination.is_default)
    label = next(hostnames.production_labels(prefix, project_id=project.pk))
    return f"{label}.{settings.BASE_DOMAIN}"


def serving(hostname: str) -> Route | None:
    """The production route that an active hostname leads to here; None for any other."""
    domain = (
        Domain.objects.living()
        .filter(hostname=hostname, state=DomainState.ACTIVE, destination__platform=Platform.LOCAL)
        .filter(project__deleted_at=None)
        .first()
    )
    if domain is None:
        return None
    route: Route | None = Route.objects.filter(destination=domain.destination_id, kind=RouteKind.PRODUCTION).first()
    return route


def routes_of(names: Iterable[str]) -> Iterable[str]:
    """The hostnames of the routes to which these lead here, of those that are somebody's own."""
    active = Domain.objects.living().filter(hostname__in=list(names), state=DomainState.ACTIVE)
    productive = active.filter(destination__routes__kind=RouteKind.PRODUCTION)
    return list(productive.values_list("destination__routes__hostname", flat=True))


def activate(domain: Domain, **values: object) -> bool:
    """False where the name serves another project by now: whoever proved it first has it."""
    try:
        with transaction.atomic():
            rows = Domain.objects.living().filter(pk=domain.pk).exclude(state=DomainState.LEAVING)
            moved = rows.update(state=DomainState.ACTIVE, error=None, checked_at=Now(), **values)
    except IntegrityError:
        return False
    routing.wake_nodes()
    return bool(moved)


def _require_domains(destination: Destination) -> None:
    if not destination.is_cloud:
        return
    module = CLOUDS.get(Platform(destination.platform))
    if module is None or not module.traits.domains:
        raise UserError(
            "domains_unsupported",
            f"Hostnames of your own are not set at {destination.platform} from here.",
            "Choose another destination, or set it at the vendor.",
        )


def _own_names() -> set[str]:
    return {settings.BASE_DOMAIN, urlsplit(settings.PUBLIC_URL).hostname or settings.BASE_DOMAIN}


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _is_plain(label: str) -> bool:
    """Of one script, and written in the one way that IDNA has for it."""
    try:
        text = idna.decode(label)
        again = idna.encode(text).decode()
    except idna.IDNAError:
        return False
    scripts = {unicodedata.name(one, "?").partition(" ")[0] for one in text if one.isalpha()}
    return again == label and (len(scripts) == 1 or scripts <= {"CJK", "HIRAGANA", "KATAKANA"})


def _refused(hostname: str, next_step: str) -> UserError:
    return UserError("hostname_refused", f"{hostname[:100]!r} cannot be served here.", next_step)
