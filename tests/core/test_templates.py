"""Templates: they become file:// URIs or bare paths, and never leave their folder."""

import re
from contextlib import suppress
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DextoError, ProjectError
from core.templates import Folders, expand_path, expand_uri
from core.uris import climbs, parse

FOLDERS = Folders(PurePosixPath("/srv/my project"), PurePosixPath("/srv/my project/agents"))


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("${{dexto.agent_dir}}/prompts/base.md", "file:///srv/my%20project/agents/prompts/base.md"),
        ("${{ dexto.project_dir }}/x.md", "file:///srv/my%20project/x.md"),
        ("${{dexto.agent_dir}}", "file:///srv/my%20project/agents"),
        ("${{dexto.agent_dir}}//x.md", "file:///srv/my%20project/agents/x.md"),
        ("s3://bucket/x.md", "s3://bucket/x.md"),
    ],
)
def test_a_resource_becomes_a_file_uri(text: str, expanded: str) -> None:
    assert expand_uri(text, FOLDERS) == expanded


def test_other_texts_get_bare_paths() -> None:
    text = "--root=${{dexto.agent_dir}}/data --also ${{dexto.project_dir}}"
    assert expand_path(text, FOLDERS) == "--root=/srv/my project/agents/data --also /srv/my project"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("${{dexto.agent_dir}}/../x.md", "path_traversal"),
        ("${{dexto.agent_dir}}/%2e%2e/x.md", "path_traversal"),
        ("${{dexto.agent_dir}}/%252e%252e/x.md", "path_traversal"),
        ("${{dexto.agent_dir}}/a\\..\\..\\x.md", "path_traversal"),
        ("${{dexto.agent_dir}}/a/../../../etc/passwd", "path_traversal"),
        ("${{dexto.home}}/x.md", "template_unknown"),
        ("x/${{dexto.agent_dir}}/x.md", "template_not_first"),
        ("${{dexto.agent_dir}}/${{dexto.agent_dir}}", "template_not_first"),
        ("${{dexto.agent_dir}}x.md", "template_not_first"),
    ],
)
def test_a_bad_template_is_refused(text: str, code: str) -> None:
    with pytest.raises(ProjectError) as caught:
        expand_uri(text, FOLDERS)
    assert caught.value.code == code


@pytest.mark.parametrize("tail", ["/../x", "/%2e%2e/x", "\\..\\x"])
def test_bare_paths_do_not_climb_either(tail: str) -> None:
    with pytest.raises(ProjectError):
        expand_path(f"--dir ${{{{dexto.project_dir}}}}{tail}", FOLDERS)


@given(st.text(alphabet="ab./%2e5cEF\\ ", max_size=30))
def test_whatever_follows_an_expansion_stays_in_its_folder(tail: str) -> None:
    path = FOLDERS.agent
    with suppress(DextoError):
        path = PurePosixPath(parse(expand_uri("${{dexto.agent_dir}}/" + tail, FOLDERS)).path)
    assert ".." not in path.parts
    assert path.is_relative_to(FOLDERS.agent)


_PIECES = ["${{dexto.agent_dir}}", "${{ dexto.project_dir }}", "/", "..", ".", "a", "%2e", "\\", " ", ",", "'", "--x="]


@given(st.lists(st.sampled_from(_PIECES), max_size=12).map("".join))
def test_no_word_climbs_out_of_a_folder_that_was_put_into_it(text: str) -> None:
    folders = Folders(PurePosixPath("/srv/p"), PurePosixPath("/srv/p/agents"))
    expanded = ""
    with suppress(DextoError):
        expanded = expand_path(text, folders)
    words = [word for word in re.split(r"[\s\"'`,;|]+", expanded) if "/srv/p" in word]
    assert not any(climbs(word[word.index("/srv/p") :]) for word in words)
