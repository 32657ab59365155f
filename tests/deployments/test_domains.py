"""Hostnames of people's own: refused where they are nobody's to have, proved by DNS, and only then served."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client

from core.errors import UserError
from deployments import destinations, domains, proving
from deployments.cloud import queue
from deployments.gateway.lookup import Meaning, look_up
from deployments.models import Deployment, Destination, Domain, DomainState, Notification, Route, RouteKind
from deployments.nodes.links import Links
from deployments.nodes.route_table import link_routes
from deployments.nodes.supervision import Places
from deployments.notifying.events import Event
from projects import operations
from projects.models import Operation, OperationStatus
from tests import dns_server, factories
from tests.deployments.cloud.conftest import account, elsewhere, project, vendor
from tests.deployments.cloud.test_releasing import Releasing, releasing
from tests.dns_server import Zone

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["account", "elsewhere", "project", "releasing", "vendor"]
HOST = "chat.acme-shop.com"


@pytest.fixture
def zone(settings: Any) -> Iterator[Zone]:
    with dns_server.serving() as found:
        settings.DNS_SERVER = found.address
        yield found


@pytest.fixture
def here() -> Destination:
    live: Deployment = factories.ready(factories.project())
    found: Destination = Destination.objects.select_related("project__team", "team").get(pk=live.destination_id)
    return found


def looked_at(domain: Domain) -> Domain:
    Operation.objects.filter(kind=queue.DOMAIN, status=OperationStatus.QUEUED).update(due_at=Now())
    operations.work(queue.DOMAIN)
    domain.refresh_from_db()
    return domain


@pytest.mark.parametrize(
    "hostname",
    [
        *(
            "localhost",
            "agent.localhost",
            "shop.internal",
            "printer.local",
            "127.0.0.1",
            "[::1]",
            "2130706433",
            "0x7f.1",
        ),
        *("10.0.0.1", "1.2.3.4.", "com", "", "a..com", "-a.com", "a-.com", "under_score.com", "*.acme.com", "a b.com"),
        *(
            "http://acme.com",
            "acme.com/path",
            "acme.com:80",
            "acme.com\n.evil.com",
            f"{'a' * 64}.com",
            "x." * 130 + "com",
        ),
        *("caf\u00e9.com", "xn--80ak6aa92e-.com", "xn--pple-43d.com", "xn--zz.com", "xn--a.com", "1.in-addr.arpa"),
    ],
)
def test_what_is_nobodys_to_have_is_refused(hostname: str) -> None:
    with pytest.raises(UserError) as refused:
        domains.checked(hostname)
    assert refused.value.code == "hostname_refused" and refused.value.next_step


def test_names_of_this_installation_are_refused(settings: Any) -> None:
    settings.BASE_DOMAIN, settings.PUBLIC_URL = "agents.acme.com", "https://cloud.acme.com"
    for hostname in ("agents.acme.com", "shop.agents.acme.com", "cloud.acme.com", "Deep.Cloud.Acme.COM."):
        with pytest.raises(UserError):
            domains.checked(hostname)
    assert domains.checked("Chat.Acme.com.") == "chat.acme.com"
    assert domains.checked("xn--bcher-kva.example.org") == "xn--bcher-kva.example.org"


def test_it_serves_once_its_dns_says_whose_it_is(here: Destination, zone: Zone) -> None:
    domain = domains.add(here, HOST, actor=None)
    production = Route.objects.get(destination=here, kind=RouteKind.PRODUCTION)
    assert domain.records == [
        {"type": "TXT", "name": f"_dexto.{HOST}", "value": domain.proof},
        {"type": "CNAME", "name": HOST, "value": production.hostname},
    ]
    assert looked_at(domain).state == DomainState.WAITING and "no TXT record" in domain.detail
    assert look_up(HOST).meaning is Meaning.UNKNOWN
    assert Client().get("/internal/known-host", {"domain": HOST}).status_code == 404
    zone.records[(HOST, "CNAME")] = [f"{production.hostname}."]
    assert looked_at(domain).state == DomainState.WAITING, "where it leads proves nothing"
    zone.records[(f"_dexto.{HOST}", "TXT")] = [f'"{domain.proof}"']
    assert looked_at(domain).state == DomainState.ACTIVE and domain.detail == ""
    assert look_up(HOST).meaning is Meaning.RUNNING
    assert Client().get("/internal/known-host", {"domain": HOST}).status_code == 200


def test_its_link_leads_to_productions_agent_and_goes_with_it(here: Destination, zone: Zone, tmp_path: Path) -> None:
    domain = domains.add(here, HOST, actor=None)
    zone.records[(f"_dexto.{HOST}", "TXT")] = [f'"{domain.proof}"']
    looked_at(domain)
    places = Places(tmp_path, tmp_path)
    links = Links(tmp_path / "routes")
    links.load()
    link_routes(links, places)
    live = Deployment.objects.get(destination=here)
    assert (tmp_path / "routes" / HOST).readlink() == places.socket(live)
    domains.remove(domain, actor=None)
    link_routes(links, places)
    assert not (tmp_path / "routes" / HOST).is_symlink()
    assert look_up(HOST).meaning is Meaning.UNKNOWN


def test_a_name_that_serves_another_project_stays_there(here: Destination, zone: Zone) -> None:
    first = domains.add(here, HOST, actor=None)
    other = destinations.default_destination(factories.project())
    second = domains.add(other, HOST, actor=None)
    zone.records[(f"_dexto.{HOST}", "TXT")] = [f'"{first.proof}"', f'"{second.proof}"']
    assert looked_at(first).state == DomainState.ACTIVE
    second.refresh_from_db()
    assert second.state == DomainState.REFUSED and second.error["code"] == "domain_taken"
    with pytest.raises(UserError) as refused:
        domains.add(here, HOST, actor=None)
    assert refused.value.code == "domain_taken"


def test_its_people_are_told_once_when_its_proof_is_gone_or_it_is_refused(here: Destination, zone: Zone) -> None:
    factories.told(here.project, deliveries=0)
    domain = domains.add(here, HOST, actor=None)
    zone.records[(f"_dexto.{HOST}", "TXT")] = [f'"{domain.proof}"']
    looked_at(domain)
    zone.records.clear()
    for _ in range(2):
        proving.look_at_all()
        assert looked_at(domain).state == DomainState.ACTIVE
    told = Notification.objects.get(event=Event.DOMAIN)
    assert told.payload["domain"] == HOST
    assert "no longer there" in told.payload["error"]["message"]
    other = destinations.default_destination(factories.project(here.team))
    factories.told(other.project, "other", deliveries=0)
    second = domains.add(other, HOST, actor=None)
    zone.records[(f"_dexto.{HOST}", "TXT")] = [f'"{second.proof}"']
    assert looked_at(second).state == DomainState.REFUSED
    refused = Notification.objects.get(project=other.project, event=Event.DOMAIN)
    assert "another project" in refused.payload["error"]["message"]


def test_a_resolver_that_fails_is_asked_again(here: Destination, zone: Zone) -> None:
    domain = domains.add(here, HOST, actor=None)
    zone.fails = True
    assert looked_at(domain).error["code"] == "dns_failed"
    assert Operation.objects.get(kind=queue.DOMAIN).status == OperationStatus.QUEUED


def test_at_a_vendor_its_records_are_shown_until_it_is_active(releasing: Releasing) -> None:
    domain = domains.add(releasing.destination, HOST, actor=None)
    assert looked_at(domain).detail == "It waits for the first release to production."
    releasing.released()
    name = releasing.service().name
    assert looked_at(domain).records == [{"type": "CNAME", "name": HOST, "value": f"{name}.tiny.example"}]
    releasing.vendor.services[name].domains[HOST] = True
    assert looked_at(domain).state == DomainState.ACTIVE
    domains.remove(domain, actor=None)
    assert looked_at(domain).removed_at is not None
    assert releasing.vendor.services[name].domains == {}
