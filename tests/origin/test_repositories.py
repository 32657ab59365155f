"""git on repositories that live here."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import UserError
from origin import actions, repositories
from projects.models import Project, Repository
from tests import factories
from tests.git import commit, git, repository


def test_refs_are_branches_and_tags_with_their_commits(tmp_path: Path) -> None:
    folder = repository(tmp_path / "a")
    first = commit(folder)
    git(folder, "tag", "--annotate", "v1", "--message", "one")
    git(folder, "branch", "feature/x")
    second = commit(folder)
    assert repositories.refs(folder / ".git") == {
        "refs/heads/main": second,
        "refs/heads/feature/x": first,
        "refs/tags/v1": first,
    }


def test_an_empty_repository_has_none(tmp_path: Path) -> None:
    folder = repository(tmp_path / "a")
    assert repositories.refs(folder / ".git") == {}
    assert repositories.default_branch(folder / ".git") == "main"


def test_a_commit_is_read_with_its_whole_message(tmp_path: Path) -> None:
    folder = repository(tmp_path / "a")
    sha = commit(folder, "Subject\n\nBody with ü\n\nskip-checks: true")
    found = repositories.commit(folder / ".git", sha)
    assert found is not None
    assert (found.sha, found.author_name) == (sha, "Ada")
    assert found.message == "Subject\n\nBody with ü\n\nskip-checks: true"
    assert repositories.commit(folder / ".git", "1" * 40) is None


@pytest.mark.parametrize("name", ["nowhere", "file", "folder"])
def test_a_path_that_is_no_repository_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    with pytest.raises(UserError) as caught:
        repositories.git_directory(tmp_path / name)
    assert caught.value.code == "no_repository"
    with pytest.raises(UserError):
        repositories.git_directory(Path("relative"))


@pytest.mark.django_db
class TestMaking:
    def test_a_hosted_project_has_an_empty_bare_repository(self) -> None:
        project = factories.hosted_project()
        path = Path(project.repository.origin.path)
        assert git(path, "rev-parse", "--is-bare-repository") == "true"
        assert repositories.refs(path) == {}

    def test_a_registered_path_is_followed_and_not_touched(self, tmp_path: Path) -> None:
        folder = repository(tmp_path / "mine")
        git(folder, "checkout", "--quiet", "-b", "trunk")
        commit(folder)
        before = git(folder, "config", "--list", "--local")
        project = actions.register_path(factories.team(), "mine", folder, actor=None)
        assert project.production_branch == "trunk"
        assert not project.repository.origin.hosted
        assert git(folder, "config", "--list", "--local") == before

    @pytest.mark.parametrize("slug", ["", "UPPER", "a_b", "-a", "a-", "a" * 41, "x-git-y", "x-pr-1", "api", "../a"])
    def test_a_name_that_no_hostname_can_hold_is_refused_and_leaves_nothing(self, slug: str) -> None:
        team = factories.team()
        with pytest.raises(UserError) as caught:
            actions.create_hosted_project(team, slug, actor=None)
        assert caught.value.code in ("name_invalid", "name_reserved")
        assert not Project.objects.exists()
        assert not Repository.objects.exists()

    def test_a_name_is_taken_once_in_a_team(self) -> None:
        team = factories.team()
        actions.create_hosted_project(team, "agent", actor=None)
        with pytest.raises(UserError) as caught:
            actions.create_hosted_project(team, "agent", actor=None)
        assert caught.value.code == "name_taken"
        actions.create_hosted_project(factories.team(), "agent", actor=None)
