"""Durable Objects and R2 as a Worker finds them on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from core.targets import Target
from tests.deployments.runners.conftest import Running


def test_durable_objects_remember_across_restarts(running: Running) -> None:
    with running(Target.CLOUDFLARE) as agent:
        assert [agent.client.get("/count").json()["count"] for _ in range(2)] == [1, 2]
    with running(Target.CLOUDFLARE) as agent:
        assert agent.client.get("/count").json() == {"count": 3}


def test_objects_are_kept_across_restarts_with_what_was_said_of_them(running: Running) -> None:
    large = bytes(range(256)) * 10_000
    with running(Target.CLOUDFLARE) as agent:
        put = agent.client.put("/bucket?key=up/a b.bin", content=large, headers={"Content-Type": "image/png"}).json()
        assert (put["size"], put["type"], put["mine"]) == (len(large), "image/png", {"who": "me"})
    with running(Target.CLOUDFLARE) as agent:
        assert agent.client.get("/bucket?key=up/a b.bin").content == large
        assert agent.client.get("/bucket?key=up/a b.bin&offset=5").content == large[5:8]
        assert agent.client.get("/bucket?key=up/a b.bin&head=1").json() == put
        assert agent.client.delete("/bucket?key=up/a b.bin").status_code == 200
        assert agent.client.get("/bucket?key=up/a b.bin").status_code == 404
        assert agent.client.get("/bucket?key=up/a b.bin&head=1").json() is None


def test_objects_are_listed_in_pages(running: Running) -> None:
    with running(Target.CLOUDFLARE) as agent:
        for name in ("up/c", "up/a", "other", "up/b"):
            agent.client.put(f"/bucket?key={name}", content=name)
        first = agent.client.get("/bucket?list=1&key=up/").json()
        assert (first["keys"], first["truncated"]) == (["up/a", "up/b"], True)
        rest = agent.client.get("/bucket", params={"list": 1, "key": "up/", "cursor": first["cursor"]}).json()
        assert (rest["keys"], rest["truncated"]) == (["up/c"], False)


def test_what_the_bundle_brings_is_in_the_bucket(running: Running, bundles: Mapping[Target, Path]) -> None:
    folder = bundles[Target.CLOUDFLARE] / "objects"
    brought = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.md")}
    with running(Target.CLOUDFLARE) as agent:
        for key, content in brought.items():
            assert agent.client.get("/bucket", params={"key": key}).content == content
            assert agent.client.get("/bucket", params={"key": key.partition("/")[0], "list": 1}).json()["keys"] == [key]


def test_two_agents_may_keep_objects_in_the_same_bucket_at_once(running: Running) -> None:
    with running(Target.CLOUDFLARE) as one, running(Target.CLOUDFLARE) as other, ThreadPoolExecutor(4) as pool:
        clients = [one.client, other.client] * 40
        jobs = [
            pool.submit(client.put, f"/bucket?key=k{number}", content=b"x" * 5_000)
            for number, client in enumerate(clients)
        ]
        assert {job.result().status_code for job in jobs} == {200}
        assert one.client.get("/bucket?key=k79").content == b"x" * 5_000
