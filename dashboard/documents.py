"""The documents of this software as pages. They hold nothing of the installation, so that nobody needs to sign in."""

from __future__ import annotations

from typing import Final

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from dashboard.asking import asked
from dashboard.library import library

#: A picture is nobody's page: it may colour itself, and do nothing else.
_OF_PICTURES: Final = "default-src 'none'; style-src 'unsafe-inline'"


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Every document, or where the words that are asked for stand."""
    books, words = library(), asked(request, "q")
    return render(request, "documents.html", {"groups": books.groups, "q": words, "hits": books.search(words)})


@require_safe
def without_slash(_request: HttpRequest) -> HttpResponse:
    return redirect("documents")


@require_safe
def document(request: HttpRequest, slug: str) -> HttpResponse:
    books = library()
    found = books.document(slug)
    if found is None:
        raise Http404
    return render(request, "document.html", {"groups": books.groups, "document": found})


@require_safe
@cache_control(public=True, max_age=3_600)
def picture(_request: HttpRequest, name: str) -> FileResponse:
    """Of those that were listed: no name leads anywhere else."""
    found = library().pictures.get(name)
    if found is None:
        raise Http404
    headers = {"Content-Security-Policy": _OF_PICTURES}
    return FileResponse(found.path.open("rb"), content_type=found.content_type, headers=headers)
