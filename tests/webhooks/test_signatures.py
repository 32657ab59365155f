"""Signatures: the published vector, and everything that is none."""

from __future__ import annotations

import pytest

from webhooks.signatures import is_signed, sign

SECRET, BODY = "It's a Secret to Everybody", b"Hello, World!"
DIGEST = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def test_the_vector_that_github_publishes() -> None:
    assert sign(SECRET, BODY) == f"sha256={DIGEST}"
    assert is_signed(SECRET, BODY, f"sha256={DIGEST}")


@pytest.mark.parametrize(
    "signature",
    ["", DIGEST, f"sha1={DIGEST}", f"sha256={DIGEST[:-1]}0", f"sha256={DIGEST.upper()}", "sha256=\u00e4\ud800"],
)
def test_anything_else_is_no_signature(signature: str) -> None:
    assert not is_signed(SECRET, BODY, signature)


def test_another_secret_or_one_changed_byte_is_noticed() -> None:
    assert not is_signed("another", BODY, f"sha256={DIGEST}")
    assert not is_signed(SECRET, BODY + b"\n", f"sha256={DIGEST}")
