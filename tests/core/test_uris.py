"""URIs: what is allowed, and the plan's messages for what is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ResourceError
from core.uris import MODULE_SCHEMES, SCHEMES, climbs, file_uri, parse


@pytest.mark.parametrize(
    ("text", "host", "path"),
    [
        ("file:///opt/agents/base.md", "", "/opt/agents/base.md"),
        ("file:///with%20blank.md", "", "/with blank.md"),
        ("s3://bucket/key/path.md", "bucket", "/key/path.md"),
        ("https://cdn.example.com/prompts/v2.md", "cdn.example.com", "/prompts/v2.md"),
        ("http://cdn.example.com", "cdn.example.com", ""),
        ("gs://bucket/x", "bucket", "/x"),
        ("az://container/x", "container", "/x"),
        ("postgres://prompts/monthly", "prompts", "/monthly"),
        ("HTTPS://EXAMPLE.com/x", "example.com", "/x"),
    ],
)
def test_absolute_uris_are_taken(text: str, host: str, path: str) -> None:
    uri = parse(text)
    assert (uri.host, uri.path) == (host, path)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("prompts/base.md", "uri_not_absolute"),
        ("./base.md", "uri_not_absolute"),
        ("/opt/base.md", "uri_not_absolute"),
        ("", "uri_not_absolute"),
        ("file:x", "uri_file_not_absolute"),
        ("file:/x", "uri_file_not_absolute"),
        ("file://./x", "uri_file_not_absolute"),
        ("file://host/x", "uri_file_not_absolute"),
        ("file:///x?y", "uri_file_not_absolute"),
        ("file:///x#y", "uri_file_not_absolute"),
        ("ftp://x/y", "resource_unsupported_scheme"),
        ("C:/x", "resource_unsupported_scheme"),
        ("data:text/plain,x", "resource_unsupported_scheme"),
        ("s3:///key", "uri_invalid"),
        ("s3://bucket", "uri_invalid"),
        ("s3://bucket/", "uri_invalid"),
        ("https://", "uri_invalid"),
        ("https://user:secret@host/x", "uri_invalid"),
        ("https://host/a b", "uri_invalid"),
        ("https://host/a\nb", "uri_invalid"),
        ("https://[::1/x", "uri_invalid"),
        ("https://host:99999/x", "uri_invalid"),
        ("file:///a\\..\\b", "uri_invalid"),
        ("file:///a/../b", "path_traversal"),
        ("file:///a/%2e%2e/b", "path_traversal"),
        ("file:///a/%252e%252e/b", "path_traversal"),
        ("file:///a%2f..%2fb", "path_traversal"),
        ("s3://bucket/../other", "path_traversal"),
        ("file:///a%00b", "path_traversal"),
    ],
)
def test_everything_else_is_refused(text: str, code: str) -> None:
    with pytest.raises(ResourceError) as caught:
        parse(text)
    assert caught.value.code == code


def test_the_messages_are_the_plans() -> None:
    with pytest.raises(ResourceError) as scheme:
        parse("http://x/y.ts", field="Plugin module", schemes=MODULE_SCHEMES)
    assert scheme.value.sentence == ('Invalid Plugin module scheme "http". Must be one of: file, s3, https, gs, az')
    with pytest.raises(ResourceError) as relative:
        parse("x.md", field="Prompt file", schemes=("file", "s3"))
    assert relative.value.sentence == (
        "Prompt file must be an absolute URI (file://, s3://). Use ${{dexto.agent_dir}} template for local files."
    )
    with pytest.raises(ResourceError) as file:
        parse("file:x")
    assert file.value.sentence == "Invalid file:// URI. Must use absolute path: file:///absolute/path"


def test_an_address_has_no_template() -> None:
    with pytest.raises(ResourceError) as caught:
        parse("cdn.example.com", field="Address", schemes=("http", "https"))
    assert caught.value.sentence == "Address must be an absolute URI (http://, https://)"
    assert caught.value.next_step == "Write a full URI, such as https://…."


def test_a_signature_is_not_repeated() -> None:
    assert parse("https://x/y?X-Amz-Signature=secret").public == "https://x/y?…"


_SEGMENT = st.text(min_size=1, max_size=20).filter(
    lambda text: not set(text) & set("/\\\0") and text not in (".", "..") and "%" not in text
)


@given(st.lists(_SEGMENT, min_size=1, max_size=5))
def test_a_path_comes_back_from_its_uri(segments: list[str]) -> None:
    path = "/" + "/".join(segments)
    assert parse(file_uri(path)).path == path


@given(st.lists(st.sampled_from(["..", "%2e%2e", "%252e.", "a", "%2E.", ".%2e"]), min_size=1))
def test_parent_steps_are_seen_however_they_are_written(steps: list[str]) -> None:
    expected = any(step != "a" for step in steps)
    assert climbs("/".join(steps)) == expected


@given(st.text(max_size=60))
def test_any_text_is_a_uri_or_an_error_of_ours(text: str) -> None:
    try:
        scheme = parse(text).scheme
    except ResourceError as error:
        assert error.sentence
    else:
        assert scheme in SCHEMES
