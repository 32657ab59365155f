"""What fits where, for the project as a whole: its size, and packages that are machine code."""

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Final

from core.document import Document, is_mapping
from core.findings import Finding, Position, Severity, at
from core.targets import TRAITS, Support, Target
from core.variables import RequiredVariable

#: Packages of the registry that compile or download machine code, or start a program that does.
NATIVE_PACKAGES: Final = frozenset(
    {
        "bcrypt",
        "better-sqlite3",
        "bufferutil",
        "canvas",
        "cpu-features",
        "duckdb",
        "fsevents",
        "isolated-vm",
        "keytar",
        "leveldown",
        "node-pty",
        "node-llama-cpp",
        "onnxruntime-node",
        "oracledb",
        "playwright",
        "puppeteer",
        "re2",
        "robotjs",
        "serialport",
        "sharp",
        "sodium-native",
        "sqlite3",
        "tree-sitter",
        "usb",
        "utf-8-validate",
        "zeromq",
    }
)


def native_module_findings(package: Document, targets: Iterable[Target]) -> Iterator[Finding]:
    """Dependencies in package.json that are machine code, per support."""
    never, rebuilt = _by_support(targets)
    for key in ("dependencies", "optionalDependencies"):
        dependencies = package.get((key,))
        for name in sorted(NATIVE_PACKAGES & set(dependencies)) if is_mapping(dependencies) else ():
            yield from _native(name, package.at_key((key, name)), never, rebuilt)


def native_file_findings(names: Iterable[PurePosixPath], targets: Iterable[Target]) -> Iterator[Finding]:
    """The project's own files that are machine code for Node.js."""
    never, rebuilt = _by_support(targets)
    for name in names:
        if name.suffix == ".node":
            yield from _native(str(name), Position(str(name), 1, 1), never, rebuilt)


def _native(name: str, place: Position, never: tuple[Target, ...], rebuilt: tuple[Target, ...]) -> Iterator[Finding]:
    if never:
        yield at(
            place,
            Severity.ERROR,
            "native_module",
            f"{name} is machine code, which these targets cannot run",
            next_step="Use a package without it, or deploy to nodejs.",
            targets=never,
        )
    if rebuilt:
        yield at(
            place,
            Severity.WARNING,
            "native_module",
            f"{name} is machine code: it works only if it is built for the target's system",
            next_step="Check that it ships builds for Linux, and the bundle's size.",
            targets=rebuilt,
        )


def size_findings(size: int, largest: tuple[PurePosixPath, int] | None, targets: Iterable[Target]) -> Iterator[Finding]:
    """Whether what the agents name, and the project's code, can be packed at all."""
    for target in targets:
        limit = TRAITS[target].max_bundle_bytes
        if size > limit:
            place = Position(str(largest[0]), 1, 1) if largest else Position()
            yield at(
                place,
                Severity.ERROR,
                "bundle_too_large",
                f"The agent's files have {size:,} bytes; a bundle for {target} holds {limit:,}",
                next_step="Move large files to an s3 data source; this one is the largest.",
                targets=(target,),
            )


def missing_secret_findings(
    required: Iterable[RequiredVariable], known: frozenset[str], targets: Iterable[Target]
) -> Iterator[Finding]:
    """Variables that an agent needs and the destination's environment does not have."""
    for variable in required:
        if variable.name not in known:
            yield at(
                variable.position,
                Severity.ERROR,
                "missing_variable",
                f"{variable.purpose} needs the variable {variable.name}, which is not set",
                next_step=f"Set {variable.name} among the project's variables.",
                targets=tuple(targets),
            )


def _by_support(targets: Iterable[Target]) -> tuple[tuple[Target, ...], tuple[Target, ...]]:
    by_target = {target: TRAITS[target].native_modules for target in targets}
    never = tuple(target for target, support in by_target.items() if support is Support.NONE)
    rebuilt = tuple(target for target, support in by_target.items() if support is Support.WITHIN_REQUEST)
    return never, rebuilt
