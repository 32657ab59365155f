"""What each target takes, as data, and whether a bundle fits. Asked before anything is uploaded."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from builds.bundle import BundleFile, MadeBundle
from builds.bundlers.placing import OBJECTS
from core.errors import ProjectError
from core.findings import Finding, Severity
from core.targets import Target

_MB = 1_000_000
_MIB = 1_048_576


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes are bytes, None is no limit. `free_gzip_bytes` is what the vendor's free plan takes."""

    bytes: int
    gzip_bytes: int | None = None
    free_gzip_bytes: int | None = None
    variables: int | None = None
    variable_bytes: int | None = None  # of one value
    variables_bytes: int | None = None  # of all names and values


LIMITS: Mapping[Target, Limits] = {
    Target.NODEJS: Limits(2_000 * _MB),
    Target.CLOUDFLARE: Limits(
        64 * _MIB, gzip_bytes=10 * _MB, free_gzip_bytes=3 * _MB, variables=128, variable_bytes=5_120
    ),
    Target.LAMBDA: Limits(250 * _MIB, variables_bytes=4_096),
    Target.VERCEL: Limits(250 * _MIB, variables_bytes=65_536),
}


def gzip_size(made: MadeBundle) -> int:
    """Bytes of what is deployed as code, compressed. Objects go elsewhere, and a source map is no code."""
    code = (file for file in _deployed(made) if not file.path.endswith(".mjs.map"))
    return sum(len(gzip.compress(made.content(file), 6, mtime=0)) for file in code)


def limit_findings(made: MadeBundle, limits: Limits) -> Iterator[Finding]:
    """What the target would refuse, by the bundle alone; values of variables are known at release."""
    target = made.manifest.target
    yield from _size(made, sum(file.size for file in _deployed(made)), limits.bytes, target)
    if limits.gzip_bytes is not None:
        yield from _gzip(gzip_size(made), limits, target)
    yield from _variables(made.manifest.required_variables, limits, target)


def variable_findings(values: Mapping[str, str], target: Target) -> Iterator[Finding]:
    """What the target would refuse, once the values are known. No value is repeated."""
    limits = LIMITS[target]
    sizes = {name: len(value.encode()) for name, value in values.items()}
    if limits.variables is not None and len(values) > limits.variables:
        yield _too_large(f"There are {len(values)} variables; {target.value} takes {limits.variables}", target)
    for name, size in sorted(sizes.items()):
        if limits.variable_bytes is not None and size > limits.variable_bytes:
            yield _too_large(
                f"The variable {name} has {size:,} bytes; {target.value} takes {limits.variable_bytes:,}", target
            )
    total = sum(len(name.encode()) + size for name, size in sizes.items())
    if limits.variables_bytes is not None and total > limits.variables_bytes:
        yield _too_large(f"All variables have {total:,} bytes; {target.value} takes {limits.variables_bytes:,}", target)


def _deployed(made: MadeBundle) -> Iterator[BundleFile]:
    return (file for file in made.manifest.files if not file.path.startswith(OBJECTS))


def _size(made: MadeBundle, size: int, limit: int, target: Target) -> Iterator[Finding]:
    if size > limit:
        largest = max(_deployed(made), key=lambda file: file.size)
        sentence = f"The bundle has {size:,} bytes; {target.value} takes {limit:,}"
        yield _bundle_too_large(sentence, f"The largest file is {largest.path}.", target)


def _gzip(size: int, limits: Limits, target: Target) -> Iterator[Finding]:
    sentence = f"The code has {size:,} bytes compressed; {target.value} takes"
    if limits.gzip_bytes is not None and size > limits.gzip_bytes:
        yield _bundle_too_large(f"{sentence} {limits.gzip_bytes:,}", "Do without a large package.", target)
    elif limits.free_gzip_bytes is not None and size > limits.free_gzip_bytes:
        said = _bundle_too_large(f"{sentence} {limits.free_gzip_bytes:,} on its free plan", "", target)
        yield replace(said, severity=Severity.WARNING)


def _variables(names: tuple[str, ...], limits: Limits, target: Target) -> Iterator[Finding]:
    if limits.variables is not None and len(names) > limits.variables:
        yield _too_large(f"The agents need {len(names)} variables; {target.value} takes {limits.variables}", target)


def _bundle_too_large(sentence: str, next_step: str, target: Target) -> Finding:
    error = ProjectError("bundle_over_limit", sentence, next_step)
    return replace(error.as_finding(), targets=(target,))


def _too_large(sentence: str, target: Target) -> Finding:
    error = ProjectError("variables_over_limit", sentence, "Keep large values in an s3 data source.")
    return replace(error.as_finding(), targets=(target,))
