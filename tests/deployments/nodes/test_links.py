"""Links: hostname label → socket, swapped by one rename, never missing in between."""

from __future__ import annotations

from pathlib import Path
from threading import Event, Thread

import pytest

from deployments.nodes.links import Links


@pytest.fixture
def links(tmp_path: Path) -> Links:
    found = Links(tmp_path / "routes")
    found.load()
    return found


def on_disk(links: Links) -> dict[str, str]:
    return {entry.name: str(entry.readlink()) for entry in links.folder.iterdir()}


def test_the_folder_becomes_what_is_wanted(links: Links) -> None:
    links.make_agree({"a": "/run/1.sock", "b": "/run/2.sock"})
    links.make_agree({"b": "/run/3.sock", "c": "/run/1.sock"})
    assert on_disk(links) == {"b": "/run/3.sock", "c": "/run/1.sock"}


def test_a_node_that_starts_again_knows_what_is_there(links: Links) -> None:
    links.make_agree({"a": "/run/1.sock"})
    again = Links(links.folder)
    again.load()
    again.make_agree({"b": "/run/1.sock"})
    assert on_disk(again) == {"b": "/run/1.sock"}


def test_links_to_one_socket_go_together(links: Links) -> None:
    links.make_agree({"a": "/run/1.sock", "b": "/run/1.sock", "c": "/run/2.sock"})
    links.remove_to("/run/1.sock")
    assert on_disk(links) == {"c": "/run/2.sock"}
    links.make_agree({"a": "/run/1.sock", "c": "/run/2.sock"})
    assert on_disk(links) == {"a": "/run/1.sock", "c": "/run/2.sock"}


def test_a_link_that_a_killed_node_left_half_made_is_no_obstacle(links: Links) -> None:
    (links.folder / ".next").symlink_to("/run/old.sock")
    links.make_agree({"a": "/run/1.sock"})
    assert on_disk(links) == {"a": "/run/1.sock"}


def test_who_looks_during_a_swap_finds_one_or_the_other(links: Links) -> None:
    sockets = ["/run/1.sock", "/run/2.sock"]
    links.make_agree({"a": sockets[0]})
    seen: set[str] = set()
    missing: list[OSError] = []
    over = Event()

    def look() -> None:
        while not over.is_set():
            try:
                seen.add(str((links.folder / "a").readlink()))
            except OSError as error:
                missing.append(error)

    thread = Thread(target=look)
    thread.start()
    for number in range(500):
        links.make_agree({"a": sockets[number % 2]})
    over.set()
    thread.join()
    assert missing == []
    assert seen <= set(sockets)
