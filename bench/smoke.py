"""`make smoke`: walks the road without a person; the last line is one JSON object of what was measured."""

from __future__ import annotations

import json
import statistics
import sys
import time
from uuid import uuid4

import httpx
from dexto_cloud.demo.git_push import Checkout

from bench import projects
from bench.installation import Installation, installation, until
from bench.load import Load
from webhooks.signatures import sign

SLUG = "smoke"


def main() -> None:
    began = time.monotonic()
    with installation() as found:
        measured: dict[str, float] = {"setup_s": round(time.monotonic() - began, 2)}
        measured |= _walk(found)
        sizes = found.pss_megabytes()
        for name, size in sizes.items():
            say(f"  {size:7.1f} MB  {name}")
        measured["rss_mb"] = round(sum(sizes.values()), 1)
        began = time.monotonic()
        code = found.stop()
        say(f"stopped with {code} in {time.monotonic() - began:.1f} s")
        held = code == 0 and measured["dropped"] == 0
    print(json.dumps(measured))
    sys.exit(0 if held else 1)


def _walk(found: Installation) -> dict[str, float]:
    folder = found.data.parent / "checkout"
    projects.write_small(folder)
    checkout = found.project(SLUG, folder)
    checkout.commit("first")
    first_s = _push(found, checkout)  # the first of all: caches are cold
    say(f"first push → live {first_s:.2f} s")
    projects.write_small(folder, "2")
    first = checkout.head()
    checkout.commit("second")
    push_s = _push(found, checkout)
    say(f"push → live {push_s:.2f} s")
    checkout.commit("the same tree again")
    reuse_s = _push(found, checkout)
    newest = found.deployment_of(SLUG, checkout.head())
    assert newest["reused"], newest
    say(f"reuse → live {reuse_s:.2f} s")
    rollback_ms = _rollback(found, first)
    say(f"rollback → first answer {rollback_ms:.0f} ms")
    _preview(found, checkout)
    load = Load(found, SLUG, rate=150)
    with load.running():
        for _ in range(4):
            _switch(found)
    say(f"{load.asked} requests during 4 switches, {load.dropped} dropped: {load.reasons}")
    return {
        "push_to_live_s": round(push_s, 3),
        "reuse_s": round(reuse_s, 3),
        "rollback_ms": round(rollback_ms, 1),
        "webhook_ack_ms": round(_webhook_ack_ms(found), 2),
        "dropped": load.dropped,
    }


def _push(found: Installation, checkout: Checkout) -> float:
    """From `git push` to production's first answer with that commit."""
    began = time.monotonic()
    checkout.push("main")
    commit = checkout.head()
    until(lambda: found.live_commit(SLUG) == commit, "production", pause=0.005)
    return time.monotonic() - began


def _rollback(found: Installation, commit: str) -> float:
    target = found.api.get(f"projects/{SLUG}/deployments", commit=commit)[0]["id"]
    began = time.monotonic()
    done = found.api.post(f"projects/{SLUG}/rollback", {"deployment": target})
    assert done["auto_assign"] is False
    until(lambda: found.live_commit(SLUG) == commit, "the older version", pause=0.002)
    took = (time.monotonic() - began) * 1000
    found.api.post(f"projects/{SLUG}/undo-rollback")
    until(lambda: found.live_commit(SLUG) != commit, "the newest version", pause=0.002)
    return took


def _preview(found: Installation, checkout: Checkout) -> None:
    checkout.switch("feature/x")
    (checkout.folder / "VERSION").write_text("preview")
    checkout.commit("a preview")
    checkout.push("feature/x")
    preview = found.deployment_of(SLUG, checkout.head(), "feature/x")
    assert preview["status"] == "ready", preview
    answer = until(lambda: _answered(found, preview["urls"]["branch"]), "the preview")
    assert answer["environment"] == "preview", answer
    promoted = found.api.post(f"deployments/{preview['id']}/promote")
    until(lambda: found.live_commit(SLUG) == checkout.head(), "the promoted version")
    assert promoted["environment"] == "production"
    say("a branch has its preview, and was promoted")


def _answered(found: Installation, url: str) -> dict[str, str] | None:
    answer = found.ask(url)
    return answer.json if answer.status == 200 else None


def _switch(found: Installation) -> None:
    before = found.live_commit(SLUG)
    found.api.post(f"projects/{SLUG}/rollback")
    until(lambda: found.live_commit(SLUG) not in ("", before), "the switch")
    time.sleep(0.3)  # so that the load meets both sides


def _webhook_ack_ms(found: Installation) -> float:
    """The median of 200 deliveries, one after another, that nobody acts upon."""
    secret = found.environment["DEXTO_WEBHOOK_SECRET"]
    body = json.dumps({"zen": "x" * 7_000}).encode()
    headers = {"X-GitHub-Event": "ping", "X-Hub-Signature-256": sign(secret, body), "Content-Type": "application/json"}
    times = []
    with httpx.Client(base_url=found.url, trust_env=False) as client:
        for _ in range(200):
            began = time.perf_counter()
            answer = client.post(
                "/webhooks/github", content=body, headers={**headers, "X-GitHub-Delivery": str(uuid4())}
            )
            times.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 202, answer.text
    return statistics.median(times)


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
