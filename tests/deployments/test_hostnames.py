"""Hostnames: valid labels, never the same for two refs."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments import hostnames

LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
prefixes = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", fullmatch=True)
branches = st.text(min_size=1, max_size=200)


@given(prefix=prefixes, branch=branches)
def test_every_label_is_valid_and_not_too_long(prefix: str, branch: str) -> None:
    labels = [
        *hostnames.branch_labels(prefix, branch, project_id=1),
        *hostnames.production_labels(prefix, project_id=1),
        hostnames.deployment_label(prefix, "abcdefghi"),
    ]
    for label in labels:
        assert LABEL.fullmatch(label), label


@given(prefix=prefixes, one=branches, other=branches)
def test_two_branches_never_share_their_first_label(prefix: str, one: str, other: str) -> None:
    first = next(iter(hostnames.branch_labels(prefix, one, project_id=1)))
    second = next(iter(hostnames.branch_labels(prefix, other, project_id=1)))
    assert (first == second) == (one == other)


@pytest.mark.parametrize(
    ("branch", "starts"),
    [
        ("feature-x", "agent-git-feature-x"),
        ("feature/x", "agent-git-feature-x-"),
        ("Feature-X", "agent-git-feature-x-"),
        ("x" * 80, "agent-git-" + "x" * 40),
    ],
)
def test_a_branch_s_label_says_which_branch(branch: str, starts: str) -> None:
    label = next(iter(hostnames.branch_labels("agent", branch, project_id=1)))
    assert label.startswith(starts)
    assert (label == starts) == (branch == "feature-x")
