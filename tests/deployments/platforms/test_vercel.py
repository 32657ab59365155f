"""Vercel, against a counterpart that runs the Build Output it was sent."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Timer

import pytest

from builds.bundle import MadeBundle
from builds.bundlers.vercel import FUNCTION
from builds.node_program import node_program
from core.errors import CancelledError, UserError
from core.targets import Target
from deployments.platforms.cloud import BundleContent, Endpoints
from deployments.platforms.vercel import MODULE
from tests.deployments.platforms.losses import later_answers_lost
from tests.deployments.platforms.suite import Counterpart, Place, PlatformSuite, ask
from tests.fakes.vendor import Fault, serving
from tests.fakes.vercel.server import VercelFake

_DAY = {"error": {"code": "api-deployments-free-per-day", "message": "Resource is limited - try again in 24 hours"}}


@contextmanager
def made(folder: Path) -> Iterator[Counterpart]:
    fake = VercelFake(folder)
    with serving(fake):
        platform = MODULE.connect({"token": "vercel-token"}, Endpoints(fake.url, fake.url))
        yield Counterpart(
            MODULE,
            platform,
            fake,
            Target.VERCEL,
            leftovers=lambda: _leftovers(fake),
            foreign=lambda service: fake.made_project(service.name, [], None) and None,
            revoke=fake.tokens.clear,
            domain_is_ready=fake.ready_dns.add,
            uploaded_bytes=lambda: fake.uploaded_bytes,
            quota_fault=Fault("POST /v13/deployments", 402, times=9, content=_DAY),
        )


def _leftovers(fake: VercelFake) -> list[str]:
    return [
        *(f"project {project.name}" for project in fake.projects.values()),
        *(f"deployment {one.id}" for one in fake.deployments.values()),
        *(f"domain {name}" for name in fake.domains),
    ]


class TestVercel(PlatformSuite):
    @pytest.fixture
    def counterpart(self, tmp_path: Path) -> Iterator[Counterpart]:
        with made(tmp_path) as given:
            yield given

    def test_a_release_makes_few_calls(self, place: Place, bundle_one: BundleContent) -> None:
        """Asked again while it is queued, built and moved: a look each."""
        first = place.release(bundle_one)
        calls = place.given.fake.calls
        assert len(calls) <= 15, calls
        before = len(calls)
        place.release(bundle_one)
        assert len(calls) - before <= 7, calls[before:]
        before = len(calls)
        place.move(first)
        assert len(calls) - before <= 4, calls[before:]

    def test_going_back_is_vercels_rollback_and_going_on_its_promote(
        self, place: Place, bundle_one: BundleContent, bundle_two: BundleContent
    ) -> None:
        first, second = place.release(bundle_one), place.release(bundle_two)
        before = len(place.given.fake.calls)
        place.move(first)
        place.move(second)
        moves = [call.split("/")[-2] for call in place.given.fake.calls[before:] if call.startswith("POST")]
        assert moves == ["rollback", "promote"]

    def test_what_the_destination_says_of_the_function_reaches_it(
        self, place: Place, bundle_one: BundleContent
    ) -> None:
        place.service = replace(place.service, config={"regions": ["fra1"], "maxDuration": 60, "memory": 1024})
        place.release(bundle_one)
        (deployment,) = vercel_of(place.given).deployments.values()
        said = json.loads(deployment.files[f"{FUNCTION}/.vc-config.json"])
        assert (said["regions"], said["maxDuration"], said["memory"]) == (["fra1"], 60, 1024)
        assert said["supportsResponseStreaming"] is True

    @pytest.mark.parametrize("config", [{"region": "fra1"}, {"maxDuration": "60"}, {"name": "Not a name"}])
    def test_a_config_that_is_wrong_is_said_before_anything_is_made(
        self, place: Place, bundle_one: BundleContent, config: dict[str, object]
    ) -> None:
        place.service = replace(place.service, config=config)
        with pytest.raises(UserError) as refused:
            place.release(bundle_one)
        assert refused.value.code == "destination_config_invalid" and next(iter(config)) in refused.value.sentence
        assert place.given.fake.calls == []

    def test_a_variable_that_is_vercels_own_is_a_finding(self, place: Place, bundle_one: BundleContent) -> None:
        (found,) = place.given.platform.problems(place.wish(bundle_one, TZ="Europe/Berlin"))
        assert found.code == "variable_reserved" and "TZ" in found.sentence

    def test_a_deployment_that_is_gone_cannot_serve_again(
        self, place: Place, bundle_one: BundleContent, bundle_two: BundleContent
    ) -> None:
        first = place.release(bundle_one)
        place.release(bundle_two)
        place.given.platform.discard(place.service, first.version, place.memory("discard"))
        with pytest.raises(UserError) as refused:
            place.move(first)
        assert refused.value.code == "version_gone" and place.greeting() == "two"

    def test_a_team_is_named_in_each_call_and_who_only_looks_is_told(self, counterpart: Counterpart) -> None:
        fake = vercel_of(counterpart)
        fake.team, fake.role = "team_1", "VIEWER"
        platform = MODULE.connect({"token": "vercel-token", "team": "team_1"}, Endpoints(fake.url, fake.url))
        found = platform.check()
        assert found.account == "team_1" and "VIEWER" in found.missing[0]
        with pytest.raises(UserError) as refused:
            counterpart.platform.check()
        assert refused.value.code == "credential_refused"

    def test_why_vercel_did_not_deploy_it_is_said(self, place: Place, bundle_one: BundleContent) -> None:
        vercel_of(place.given).fails_with = "The Serverless Function exceeds the maximum size"
        with pytest.raises(UserError) as refused:
            place.release(bundle_one)
        assert refused.value.code == "release_unhealthy" and "exceeds the maximum size" in refused.value.sentence

    def test_who_cancels_waits_no_longer(self, place: Place, bundle_one: BundleContent) -> None:
        vercel_of(place.given).stays_in = "BUILDING"
        Timer(0.5, lambda: setattr(place.said, "stop", CancelledError("cancelled", "stop"))).start()
        with pytest.raises(CancelledError):
            place.release(bundle_one)

    @pytest.mark.slow
    def test_a_lost_answer_in_a_later_release_or_move_makes_nothing_twice(
        self, place: Place, bundle_one: BundleContent, bundle_two: BundleContent
    ) -> None:
        later_answers_lost(place, bundle_one, bundle_two)


def vercel_of(counterpart: Counterpart) -> VercelFake:
    assert isinstance(counterpart.fake, VercelFake)
    return counterpart.fake


_CLIENT = """
import { createDeployment } from "@vercel/client";
const [path, apiUrl, token, project] = process.argv.slice(2);
const output = `${path}/.vercel/output`;
const client = { path, token, apiUrl, prebuilt: true, vercelOutputDir: output, skipAutoDetectionConfirmation: true };
const wish = { name: project, target: "production", env: { ASKED_BY: "client" } };
for await (const event of createDeployment(client, wish)) {
  console.log(event.type, event.type === "error" ? JSON.stringify(event.payload) : "");
}
"""


@pytest.mark.slow
def test_vercels_own_client_deploys_to_the_counterpart(
    tmp_path: Path, built: Callable[[Target, str], MadeBundle]
) -> None:
    """It proves the counterpart: what the official client asks is answered as it expects."""
    installed = Path(os.environ.get("DEXTO_VERCEL_CLIENT", ""))
    if not (installed / "node_modules" / "@vercel" / "client").is_dir():
        pytest.skip("npm install @vercel/client@18.4.2, and name that folder in DEXTO_VERCEL_CLIENT")
    bundle = built(Target.VERCEL, "one")
    for file in bundle.manifest.files:
        place = tmp_path / "app" / file.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(bundle.content(file))
    program = installed / "deploy-once.mjs"
    program.write_text(_CLIENT)
    fake = VercelFake(tmp_path)
    with serving(fake):
        argv = [str(node_program()), str(program), str(tmp_path / "app"), fake.url, "vercel-token", "by-client"]
        ended = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
        assert ended.returncode == 0 and "error" not in ended.stdout, ended.stdout + ended.stderr
        answer = ask(fake, "https://by-client.vercel.app", "/api/greeting")
        assert answer.json()["greeting"] == "one"
        (deployment,) = fake.deployments.values()
        assert deployment.variables == {"ASKED_BY": "client"}
        uploads = [call for call in fake.calls if call == "POST /v2/files"]
        assert len(uploads) == len(bundle.manifest.files)
    program.unlink()
