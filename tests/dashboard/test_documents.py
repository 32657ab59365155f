"""The documents as pages: for everybody, with nothing of the installation, whatever the address says."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from core.codes import CODES
from dashboard.library import library
from dashboard.markdown import render
from projects.models import User
from tests import factories

KNOWN_TAGS = {
    *("a", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li", "ol", "p"),
    *("pre", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}
ALL = sorted(one.slug for one in library().documents)


def page(path: str, **asked: str) -> str:
    answer = Client().get(path, asked)
    assert answer.status_code == 200, path
    return answer.content.decode()


class TestPages:
    """None has a database: whoever reads them is asked for nothing."""

    @pytest.mark.parametrize("slug", ALL)
    def test_every_document_is_a_page_with_one_title(self, slug: str) -> None:
        shown = page(f"/docs/{slug}")
        assert len(re.findall(r"<h1\b", shown)) == 1

    def test_the_overview_leads_to_every_document(self) -> None:
        shown = page("/docs/")
        assert not [slug for slug in ALL if f'href="/docs/{slug}"' not in shown]

    def test_an_address_without_its_slash_leads_there(self) -> None:
        assert Client().get("/docs").headers["Location"] == "/docs/"

    @pytest.mark.parametrize(
        "path",
        [
            *(
                "nope",
                "../manage.py",
                "..%2fmanage.py",
                "%2e%2e/manage.py",
                "cli.md",
                "readme.md",
                "cli/",
                "\0",
                "decisions",
            ),
            *(
                "pictures/nope.png",
                "pictures/../cli.md",
                "pictures/..%2fcli.md",
                "pictures/%2fetc%2fpasswd",
                "pictures/",
            ),
        ],
    )
    def test_what_is_no_document_is_not_there(self, path: str) -> None:
        assert Client().get(f"/docs/{path}").status_code == 404

    def test_nothing_is_changed_here(self) -> None:
        assert {Client().post(path).status_code for path in ("/docs/", "/docs/cli")} == {405}

    def test_every_code_is_explained_in_its_words(self) -> None:
        shown = html.unescape(re.sub(r"<[^>]+>", "", page("/docs/errors")))
        for one in CODES.values():
            for sentence in (one.title, one.explanation, one.next_step):
                assert re.sub(r"`([^`]*)`", r"\1", sentence) in shown, one.code

    def test_every_code_has_its_place(self) -> None:
        shown = page("/docs/errors")
        assert not [code for code in CODES if f'id="{code.lower()}"' not in shown]


class TestSearch:
    def test_words_lead_to_the_part_that_says_them(self) -> None:
        assert 'href="/docs/cli#dexto-cloud-rollback"' in page("/docs/", q="dexto-cloud rollback")
        assert 'href="/docs/errors#name_reserved"' in page("/docs/", q="name_reserved")
        assert "No document says so" in page("/docs/", q="zebra crossing")

    def test_the_words_need_not_stand_together(self) -> None:
        assert "/docs/destinations#" in page("/docs/", q="canary promotion vendor")

    @pytest.mark.parametrize("words", ["\0", "%", "(", "[a", "\\", "<script>alert(1)</script>", "a" * 5_000, "İı"])
    def test_hostile_words_are_only_words(self, words: str) -> None:
        assert "<script>alert" not in page("/docs/", q=words)

    @given(st.text(max_size=30))
    def test_any_words_can_be_asked_for(self, words: str) -> None:
        for hit in library().search(words):
            assert hit.word or hit.after == ""


@pytest.mark.django_db
class TestPalette:
    def test_it_finds_documents_and_codes(self) -> None:
        person = Client()
        owner: User = factories.user()
        person.force_login(owner)
        assert "/docs/cli#dexto-cloud-rollback" in person.get("/find", {"q": "cloud rollb"}).content.decode()
        assert "/docs/errors#name_reserved" in person.get("/find", {"q": "name_reserved"}).content.decode()


class TestMarkdown:
    def test_html_is_shown_and_never_run(self) -> None:
        found = render("<script>x</script>\n\nA <b>b</b> [c](javascript:x)", address=lambda _path: None)
        assert "<script>" not in found.html and "<b>" not in found.html and "href" not in found.html

    def test_a_link_to_nowhere_is_none_and_one_to_elsewhere_stays(self) -> None:
        text = "[a](gone.md) [b](there.md#part) [c](https://example.com/x.md) [d](#here) ![e](gone.png)"
        found = render(text, address={"there.md": "/docs/there"}.get)
        assert re.findall(r'(?:href|src)="([^"]*)"', found.html) == [
            "/docs/there#part",
            "https://example.com/x.md",
            "#here",
        ]

    def test_headings_of_one_name_are_told_apart(self) -> None:
        found = render("# A b\n\n## `c_d`, e\n\n## A b\n\nText", address=lambda _path: None)
        assert [one.anchor for one in found.headings] == ["a-b", "c_d-e", "a-b-1"]
        assert [(one.heading.anchor, one.text) for one in found.passages] == [("a-b-1", "Text")]

    @given(st.text(alphabet="#`|-*_<>[]()!\n\\ ab&\t1.", max_size=80))
    def test_any_text_is_rendered_without_a_tag_of_its_own(self, text: str) -> None:
        shown = render(f"<i>\n\n{text}", address=lambda _path: None).html
        assert "<i>" not in shown
        assert set(re.findall(r"<(\w+)", shown)) <= KNOWN_TAGS


def test_pictures_are_served_for_a_while_and_do_nothing() -> None:
    for name, one in library().pictures.items():
        answer = Client().get(f"/docs/pictures/{name}")
        assert b"".join(answer) == Path(one.path).read_bytes()  # type: ignore[call-overload]
        assert answer.headers["Content-Type"] == one.content_type
        assert "max-age=3600" in answer.headers["Cache-Control"]
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
