"""Hostnames under any name and any Host header: labels that DNS takes, and a gateway that answers whatever comes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from deployments import hostnames
from deployments.hostnames import MAX_LABEL
from deployments.models import Instance, Wanted
from tests import asgi, factories

_RUNS = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_SLUG = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", fullmatch=True)
_PUBLIC_ID = st.from_regex(r"[a-z0-9]{9}", fullmatch=True)
_BRANCH = st.text(min_size=1, max_size=300) | st.sampled_from(
    ["../..", "%2e%2e", "ı", "İ", "ﬁ", "-", "\u202e", "a" * 290, "A/b"]
)


@_RUNS
@given(text=_BRANCH)
def test_a_slug_holds_nothing_but_letters_digits_and_single_dashes(text: str) -> None:
    assert re.fullmatch(r"(?:[a-z0-9]+(?:-[a-z0-9]+)*)?", hostnames.slug(text))


@_RUNS
@given(
    prefix=_SLUG, branch=_BRANCH, public_id=_PUBLIC_ID, number=st.integers(0, 2**63), project_id=st.integers(1, 2**63)
)
def test_every_label_is_one_that_dns_takes(
    prefix: str, branch: str, public_id: str, number: int, project_id: int
) -> None:
    labels = [hostnames.deployment_label(prefix, public_id)]
    labels += hostnames.branch_labels(prefix, branch, project_id=project_id)
    labels += hostnames.pull_labels(prefix, str(number), project_id=project_id)
    labels += hostnames.production_labels(prefix, project_id=project_id)
    for label in labels:
        assert len(label) <= MAX_LABEL
        assert _LABEL.fullmatch(label), label


@_RUNS
@given(prefix=_SLUG, first=_BRANCH, second=_BRANCH)
@example(prefix="agent", first="feature/x", second="feature-x")
@example(prefix="agent", first="\u0130", second="i")
def test_two_branches_of_one_project_share_no_label(prefix: str, first: str, second: str) -> None:
    assume(first != second)
    labels = [next(hostnames.branch_labels(prefix, branch, project_id=1)) for branch in (first, second)]
    assert labels[0] != labels[1]


#: As a server hands it on: bytes without line ends. Servers refuse zero bytes; the gateway does not rely on it.
_HOST = st.one_of(
    st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=80),
    st.sampled_from(
        [
            *("", ":", "..", "agent.localhost.", "agent.localhost:99999", "agent.localhost:80:80", "[::1]:80"),
            *("../../etc", "agent.localhost/../x", "a" * 70_000, "%00", "\0", "agent.localhost\0", "xn--ls8h.la"),
        ]
    ),
)
_PATH = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=60).map(
    lambda one: f"/{one}"
)


@pytest.mark.django_db(transaction=True)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(host=_HOST, path=_PATH, accept=st.sampled_from(["text/html", "*/*", ""]))
@example(host="agent.localhost\0", path="/", accept="*/*")
@example(host="\xff", path="/../../x", accept="text/html")
def test_the_gateway_answers_any_host_with_a_page_of_its_own(host: str, path: str, accept: str) -> None:
    found = asked(host, path, accept)
    assert found.status in (404, 410)
    assert found.headers["cache-control"] == "no-store"
    if 3 < len(host) < 80:
        assert host.encode() not in found.body, "it is not said back"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("host", ["agent.localhost", "AGENT.localhost", "agent.localhost:8400", "agent.localhost."])
def test_a_name_is_found_however_it_is_written(host: str) -> None:
    deployment = factories.ready(factories.project(slug="agent"))
    Instance.objects.filter(deployment=deployment).update(wanted=Wanted.GONE)
    assert asked(host, "/", "*/*").status == 410


def asked(host: str, path: str, accept: str) -> Any:
    headers = {"host": host, "accept": accept, "x-dexto-gateway": "1"}
    return asgi.ask(path.partition("?")[0], headers=headers)
