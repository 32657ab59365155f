"""Responses of functions that do not stream."""

from __future__ import annotations

from deployments.runners.function_url import Head, buffered


def test_a_response_describes_itself_by_its_status_code() -> None:
    content = (
        b'{"statusCode": 201, "headers": {"X-A": "1"}, "cookies": ["a=1"], "body": "AP8=", "isBase64Encoded": true}'
    )
    head, body = buffered(content)
    assert head == Head(201, (("content-type", "application/json"), ("x-a", "1"), ("set-cookie", "a=1")))
    assert body == b"\x00\xff"


def test_anything_else_is_the_body() -> None:
    for content in (b'{"hello": 1}', b'"text"', b"null", b"[1]"):
        assert buffered(content) == (Head(200, (("content-type", "application/json"),)), content)
