"""A repository read from the fake, whose answers come from real git."""

from __future__ import annotations

import pytest

from clients.code_host import Branch
from clients.code_host_errors import CodeHostMissingError, CodeHostRefusedError
from tests.clients.github.conftest import Linked


def test_the_repository_by_its_number(linked: Linked) -> None:
    found = linked.reader.repository()
    assert (found.id, found.owner_id, found.full_name) == (linked.repository.id, linked.owner.id, "acme/agent")
    assert (found.default_branch, found.private) == ("main", True)


def test_branches_over_pages_and_with_slashes(linked: Linked) -> None:
    linked.world.page_size = 2
    more = {f"feature/{number}": linked.world.commit(linked.repository, f"feature/{number}", {}) for number in range(4)}
    expected = [Branch(name, sha) for name, sha in {**more, "main": linked.sha}.items()]
    assert list(linked.reader.branches()) == expected
    assert linked.reader.branch("feature/3").sha == more["feature/3"]
    with pytest.raises(CodeHostMissingError):
        linked.reader.branch("feature/9")


def test_pull_requests_of_branches_and_forks(linked: Linked) -> None:
    world, eve = linked.world, linked.world.user("eve")
    fork = world.repository(eve, "agent", fork_of=linked.repository)
    world.commit(linked.repository, "own", {"a": "1"})
    theirs = world.commit(fork, "patch", {"b": "2"})
    world.open_pull(linked.repository, linked.repository, "own", "Ours")
    world.open_pull(linked.repository, fork, "patch", "Theirs")
    gone = world.open_pull(linked.repository, fork, "patch", "Gone")
    gone.head = None
    deleted, foreign, own = linked.reader.open_pulls()  # newest first
    assert (own.head_repository_id, own.head_branch, own.author) == (linked.repository.id, "own", "acme")
    assert (foreign.head_repository_id, foreign.head_label, foreign.head_sha) == (fork.id, "eve:patch", theirs)
    assert deleted.head_repository_id is None
    gone.state = "closed"
    assert not linked.reader.pull(gone.number).is_open
    assert len(list(linked.reader.open_pulls())) == 2
    assert [pull.number for pull in linked.reader.closed_pulls()] == [gone.number]


def test_what_lies_between_two_commits(linked: Linked) -> None:
    head = linked.world.commit(linked.repository, "main", {"prompts/two.md": "# Two\n", "agent.yml": "llm: null\n"})
    found = linked.reader.compare(linked.sha, head)
    assert (found.status, found.ahead_by, sorted(found.files)) == ("ahead", 1, ["agent.yml", "prompts/two.md"])
    assert found.complete
    assert linked.reader.compare(head, linked.sha).status == "behind"
    assert linked.reader.compare(head, head).status == "identical"


def test_a_comparison_that_may_have_left_files_out_says_so(linked: Linked) -> None:
    head = linked.world.commit(linked.repository, "main", {f"many/{number}": str(number) for number in range(301)})
    found = linked.reader.compare(linked.sha, head)
    assert len(found.files) == 300
    assert not found.complete


def test_folders_and_files_of_a_commit(linked: Linked) -> None:
    reader = linked.reader
    root = reader.folder("", linked.sha)
    assert [(one.path, one.is_folder) for one in root] == [("agent.yml", False), ("prompts", True)]
    assert [one.path for one in reader.folder("prompts", "main")] == ["prompts/one.md"]
    assert reader.file("prompts/one.md", linked.sha) == b"# One\n"
    with pytest.raises(CodeHostMissingError):
        reader.file("prompts/none.md", linked.sha)
    with pytest.raises(CodeHostMissingError):
        reader.folder("agent.yml", linked.sha)


def test_a_suspended_installation_is_refused_with_what_to_do(linked: Linked) -> None:
    reader = linked.reader
    reader.repository()
    linked.installation.suspended = True
    with pytest.raises(CodeHostRefusedError, match="suspended") as found:
        reader.repository()
    assert found.value.next_step
