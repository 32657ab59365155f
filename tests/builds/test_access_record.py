"""Accesses to data sources in the team's audit: also from loaders' threads, also failed ones."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from builds.access_record import AccessRecord
from builds.loaders.audited import AuditedLoader
from builds.loaders.concurrent import Wanted, load_all
from builds.loaders.filesystem import FilesystemLoader
from core.config.data_sources import FsSource
from core.local_files import Place
from core.resources import NamedSource, digest_of
from core.tree import MemoryFiles
from projects.models import AuditEntry
from tests import factories

pytestmark = pytest.mark.django_db

PLACE = Place(base=PurePosixPath("/project"), root=PurePosixPath())


def test_each_access_is_in_the_teams_audit_once() -> None:
    team, record = factories.team(), AccessRecord()
    files = FilesystemLoader(MemoryFiles.of({"a.md": "hello"}), PLACE)
    wanted = [Wanted("file:///project/a.md", "fs"), Wanted("file:///project/b.md", "fs")]
    load_all(AuditedLoader(files, "build 7", record), wanted, {"fs": NamedSource("fs", FsSource(type="fs"))})
    record.write(team)
    record.write(team)
    entries = AuditEntry.objects.for_team(team).filter(verb="resource.read")
    assert {(one.subject, one.detail["by"], one.detail["uri"], one.detail["outcome"]) for one in entries} == {
        ("fs", "build 7", "file:///project/a.md", digest_of(b"hello")),
        ("fs", "build 7", "file:///project/b.md", "resource_load_failed"),
    }
    assert len(entries) == 2
    assert all(one.at for one in entries)


def test_a_uri_that_the_database_cannot_hold_is_cut() -> None:
    team, record = factories.team(), AccessRecord()
    loader = AuditedLoader(FilesystemLoader(MemoryFiles.of({}), PLACE), "build 7", record)
    load_all(loader, [Wanted("file:///\0" + "x" * 5_000, "fs")], {"fs": NamedSource("fs", FsSource(type="fs"))})
    record.write(team)
    entry = AuditEntry.objects.for_team(team).get(verb="resource.read")
    assert len(entry.detail["uri"]) == 2_000
    assert "\0" not in entry.detail["uri"]
