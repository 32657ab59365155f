"""deploy --direct: from a folder straight to a vendor, by credentials of the environment, without any installation.

The adapters are those of the platform. What they are to remember lies in a small file beside the project, which holds
no secret; without it they find by name and mark what was made before.
"""

from __future__ import annotations

import json as jsons
import os
import re
import secrets
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import typer

from builds import packing
from builds.project_loading import inspect_folder
from builds.redaction import Redactor
from cli.direct_state import State
from cli.working_copy import WorkingCopy, working_copy
from core.config.deployments import Destination
from core.errors import UserError
from core.findings import Severity
from core.targets import PLATFORMS, Platform, Target
from deployments import hostnames
from deployments.platforms import CLOUDS
from deployments.platforms.cloud import CloudModule, CloudPlatform, Endpoints, Release, Service, Source
from deployments.runners.env_file import read_env_file

#: What vendors' own tools call their credentials, where that is not the field's name after the platform's.
_USUAL: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("fly", "token"): ("FLY_API_TOKEN", "FLY_ACCESS_TOKEN"),
    ("heroku", "token"): ("HEROKU_API_KEY",),
    ("railway", "token"): ("RAILWAY_API_TOKEN",),
    ("railway", "project_token"): ("RAILWAY_TOKEN",),
    ("vercel", "team"): ("VERCEL_ORG_ID",),
    ("aws", "region"): ("AWS_REGION", "AWS_DEFAULT_REGION"),
}
_LONGEST_NAME: Final = 54
_HEALTH_SECONDS: Final = 120
_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command was asked for. `name` "" is the only destination that the project declares."""

    name: str
    folder: Path
    environment: str = ""
    env_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Deployed:
    """Where it is now."""

    destination: str
    platform: str
    service: str
    version: str
    address: str
    version_url: str

    def as_dict(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in self.__slots__}


def deploy(wanted: Wanted, environment: Mapping[str, str] = os.environ) -> Deployed:
    """Raises UserError for what the person can mend, PlatformError for what may pass: run again, it continues."""
    destination = _destination(wanted)
    platform = Platform(destination.platform or PLATFORMS[Target(destination.target)][0])
    module = _module(platform)
    vendor = module.connect(credentials_of(platform, module, environment), endpoints_of(platform, environment))
    with tempfile.TemporaryDirectory(prefix="dexto-direct-") as scratch:
        packed = _packed(wanted, destination, Path(scratch) / "bundle")
        copy = working_copy(wanted.folder, environment)
        state = State.beside(wanted.folder, _service_name(wanted, destination, copy))
        values = _variables(packed.made.manifest.required_variables, wanted.env_file, environment)
        release = _release(wanted, destination, packed, values, copy, state)
        progress = Spoken(Redactor.of(values))
        _refuse_problems(vendor, release)
        released = vendor.release(release, state.memory(), progress)
        state.done(released.version)
    address = released.address or str(state.service.get("address", ""))
    return Deployed(
        destination.name, platform.value, release.service.name, released.version.id, address, released.version.url
    )


def credentials_of(platform: Platform, module: CloudModule, environment: Mapping[str, str]) -> dict[str, str]:
    """By the fields' names, of variables such as CLOUDFLARE_API_TOKEN. Raises UserError naming those to set."""
    found: dict[str, str] = {}
    for field in module.credentials:
        names = names_of(platform, field.name)
        value = next((environment[name] for name in names if environment.get(name)), "")
        if value:
            found[field.name] = value
        elif field.is_required:
            raise UserError(
                "credential_incomplete", f"{' or '.join(names)} is not set: {field.label}.", f"{field.hint}".strip()
            )
    return found


def names_of(platform: Platform, field: str) -> list[str]:
    """The variables in which a field is looked for, the first that is set counts."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", field).upper()
    usual = _USUAL.get((platform.value, field), ())
    return list(dict.fromkeys((*usual, f"{platform.value.upper()}_{snake}")))


def endpoints_of(platform: Platform, environment: Mapping[str, str]) -> Endpoints:
    prefix = f"DEXTO_{platform.value.upper()}"
    return Endpoints(environment.get(f"{prefix}_API_URL", ""), environment.get(f"{prefix}_EDGE_URL", ""))


@dataclass(slots=True)
class Spoken:
    """A Progress on the terminal, without the values that the agent was given."""

    redactor: Redactor

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        _say(f"{name}…")
        yield
        _say(f"{name}: {time.monotonic() - began:.1f} s")

    def line(self, text: str) -> None:
        _say(f"  {self.redactor.text(text)}")

    def check(self) -> None:
        """Ctrl-C ends it, and the next run continues."""


def _destination(wanted: Wanted) -> Destination:
    report = inspect_folder(wanted.folder)
    declared = report.destinations
    found = [one for one in declared if one.name == wanted.name] if wanted.name else list(declared)
    if len(found) == 1:
        return found[0]
    names = ", ".join(one.name for one in declared)
    what = f"declares no destination {wanted.name}" if wanted.name else f"declares {len(declared)} destinations"
    raise UserError(
        "destination_unknown", f"{wanted.folder} {what}.", f"It has {names}." if names else "Write a deployment.yml."
    )


def _module(platform: Platform) -> CloudModule:
    module = CLOUDS.get(platform)
    if module is None:
        raise UserError(
            "direct_unsupported",
            f"{platform} is no vendor: an installation runs it.",
            "Leave --direct out, or run the agent here with `dexto-cloud build` and `dexto-cloud run`.",
        )
    if module.traits.fetches:
        raise UserError(
            "direct_unsupported",
            f"{platform} takes no upload: it fetches the bundle from an installation's address.",
            "Leave --direct out, and deploy by an installation.",
        )
    return module


def _packed(wanted: Wanted, destination: Destination, out: Path) -> packing.Packed:
    return packing.pack(packing.Wish(wanted.folder.resolve(), Target(destination.target), out), _say)


def _service_name(wanted: Wanted, destination: Destination, copy: WorkingCopy) -> str:
    """Production's, or a preview's of its branch."""
    project = hostnames.slug(wanted.folder.resolve().name) or "agent"
    branch = hostnames.slug(copy.branch) if _environment(wanted, destination) != "production" else ""
    plain = "-".join(part for part in (project, hostnames.slug(destination.name), branch) if part)
    if len(plain) <= _LONGEST_NAME:
        return plain
    return f"{plain[: _LONGEST_NAME - 9].rstrip('-')}-{sha256(plain.encode()).hexdigest()[:8]}"


def _environment(wanted: Wanted, destination: Destination) -> str:
    return wanted.environment or destination.env


def _variables(required: tuple[str, ...], env_file: Path | None, environment: Mapping[str, str]) -> dict[str, str]:
    """The file's, and of the environment only what the agent's configuration names."""
    given = {name: environment[name] for name in required if environment.get(name)}
    values = {**given, **(read_env_file(env_file) if env_file else {})}
    for name in required:
        if not values.get(name):
            _say(f"warning: {name} is not set: name a file with --env-file, or set it in the environment.")
    return values


def _release(
    wanted: Wanted,
    destination: Destination,
    packed: packing.Packed,
    values: Mapping[str, str],
    copy: WorkingCopy,
    state: State,
) -> Release:
    kind = _environment(wanted, destination)
    config = {key: _expanded(one, values) for key, one in destination.config.items() if key != "account"}
    told = sha256(jsons.dumps([packed.made.manifest.digest, sorted(values.items()), config]).encode()).hexdigest()
    deployment = state.begin(told, f"d{secrets.token_hex(4)}")
    identity = {
        "DEXTO_DEPLOYMENT": deployment,
        "DEXTO_COMMIT": copy.commit,
        "DEXTO_BRANCH": copy.branch,
        "DEXTO_ENVIRONMENT": kind,
    }
    service = Service(state.name, state.mark, config, is_preview=kind != "production")
    return Release(
        deployment,
        service,
        packed.made,
        {**values, **identity},
        frozenset(values),
        source=Source(copy.commit, copy.branch),
        health_seconds=_HEALTH_SECONDS,
    )


def _expanded(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _expanded(one, values) for key, one in value.items()}
    if isinstance(value, list):
        return [_expanded(one, values) for one in value]
    if not isinstance(value, str):
        return value
    return _VARIABLE.sub(lambda found: values.get(found[1]) or os.environ.get(found[1], found[0]), value)


def _refuse_problems(vendor: CloudPlatform, release: Release) -> None:
    found = list(vendor.problems(release))
    for one in found:
        _say(f"{one.severity.value}: {one.sentence} {one.next_step}".strip())
    for one in found:
        if one.severity is Severity.ERROR:
            raise UserError(one.code, one.sentence, one.next_step)


def _say(line: str) -> None:
    typer.echo(line, err=True)
