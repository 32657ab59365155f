"""`make live PLATFORM=…`: the short contract against the vendor itself, with the credentials of the environment.

Makes one service under a name of its own, with the mark that adapters ask for, and deletes it at the end, whatever
happened. The model is never asked: what is looked at is the agent's own answer. Costs at most what a minute of the
smallest size costs.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from uuid import uuid4

import httpx

from builds.bundle import MadeBundle
from builds.packing import Wish, pack
from builds.redaction import Redactor
from cli.direct import Spoken, credentials_of, endpoints_of
from core.errors import DextoError
from core.targets import PLATFORMS, Platform, Target
from deployments.platforms import CLOUDS
from deployments.platforms.cloud import CloudModule, CloudPlatform, Memory, Release, Service, Share

_VARIABLES = {"MODEL_KEY": "unused"}
_AGENT = """greeting: {version}
systemPrompt: You are a test.
llm: {{ provider: openai-compatible, model: none, apiKey: $MODEL_KEY, baseURL: "https://model.invalid/v1" }}
"""


class _Ids(dict[str, str]):
    """An Ids for as long as this runs."""

    def get(self, name: str) -> str:  # type: ignore[override]
        return super().get(name, "")

    def put(self, **ids: str) -> None:
        self.update(ids)


def main(arguments: list[str]) -> int:
    known = [one.value for one in CLOUDS if not CLOUDS[one].traits.fetches]
    if len(arguments) != 1 or arguments[0] not in known:
        print(f"make live PLATFORM=…, one of: {', '.join(known)}.")
        print("Render and Fly.io fetch the bundle from an installation: try them on one.")
        return 2
    platform = Platform(arguments[0])
    module = CLOUDS[platform]
    try:
        vendor = module.connect(credentials_of(platform, module, os.environ), endpoints_of(platform, os.environ))
        _walk(platform, module, vendor)
    except DextoError as error:
        print(f"{error.sentence} [{error.code}]\n  {error.next_step}")
        return 1
    print(f"passed: {platform.value}. Set `verified=Verified.LIVE` in deployments/platforms/{platform.value}.py.")
    return 0


def _walk(platform: Platform, module: CloudModule, vendor: CloudPlatform) -> None:
    found = vendor.check()
    print(f"account {found.name}: can {', '.join(found.can)}; missing {', '.join(found.missing) or 'nothing'}")
    service = Service(f"dexto-live-{uuid4().hex[:8]}", f"dexto:live:{uuid4().hex[:12]}")
    ids = _Ids()
    with tempfile.TemporaryDirectory() as scratch:
        one, two = (_bundle(platform, version, Path(scratch)) for version in ("one", "two"))
        try:
            first = _released(vendor, service, one, ids)
            _released(vendor, service, two, ids)
            address = vendor.move(service, [first], Memory(ids, _Ids()), Spoken(Redactor.of(_VARIABLES)))
            _expect(platform, address, "one")
        finally:
            vendor.delete(service, Memory(ids, _Ids()))
    assert not vendor.inspect(service, Memory(ids, _Ids())).exists, "something is left of it"
    print(f"{len(ids)} ids were noted, and nothing is left; version URLs: {module.traits.version_urls}")


def _released(vendor: CloudPlatform, service: Service, bundle: MadeBundle, ids: _Ids) -> Share:
    wish = Release(f"live-{uuid4().hex[:8]}", service, bundle, _VARIABLES, frozenset({"MODEL_KEY"}), health_seconds=180)
    done = vendor.release(wish, Memory(ids, _Ids()), Spoken(Redactor.of(_VARIABLES)))
    print(f"released at {done.address}")
    return Share(done.version, wish)


def _expect(platform: Platform, address: str, version: str) -> None:
    edge = endpoints_of(platform, os.environ).edge
    headers = {"Host": httpx.URL(address).host} if edge else {}
    answer = httpx.get(f"{edge or address}/api/greeting", headers=headers, timeout=30)
    assert answer.json()["greeting"] == version, f"{address} says {answer.text[:200]}"


def _bundle(platform: Platform, version: str, scratch: Path) -> MadeBundle:
    folder = scratch / version
    folder.mkdir()
    (folder / "agent.yml").write_text(_AGENT.format(version=version))
    target = next(one for one in Target if platform in PLATFORMS[one])
    return pack(Wish(folder, target, scratch / f"{version}.bundle")).made


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
