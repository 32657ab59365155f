"""Calls esbuild, and says its complaints as findings of the project."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from builds.bundlers.contract import BundleJob
from builds.rejection import ProjectInvalidError
from builds.runner.commands import Command
from builds.runner.confinement import Needs
from builds.runner.progress import Progress
from core.errors import PlatformError, ProjectError
from core.findings import Finding, Severity, has_errors
from core.targets import Target

MODULE = "bundle.mjs"
_META = "meta.json"
#: CommonJS packages ask for Node's own modules by `require`, which an ES module does not have.
NODE_BANNER = 'import{createRequire as $require}from"node:module";const require=$require(import.meta.url);'


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a target's code is written. `builtins` are the modules that are there at run time; None is all of Node's."""

    target: Target
    entry: str  # of the runtime, relative to its folder
    output: str
    options: tuple[str, ...]
    builtins: frozenset[str] | None = None


def compile_bundle(
    job: BundleJob, dialect: Dialect, module: str, progress: Progress
) -> tuple[Path, tuple[Finding, ...]]:
    """The code in one file, and what esbuild remarked. Raises ProjectInvalidError with every complaint."""
    if not (job.toolchain.runtime / dialect.entry).is_file():
        raise _no_entry(dialect)
    (job.scratch / MODULE).write_text(module, encoding="utf-8")
    output = job.scratch / "out" / dialect.output
    command = Command(argv(job, dialect, output), job.toolchain.seconds, folder=job.scratch)
    runtime = job.toolchain.runtime
    needs = Needs(reads=(job.toolchain.esbuild, runtime, job.project), writes=(job.scratch,))
    outcome = job.sandbox.run(command, needs, progress)
    findings = tuple(_findings(outcome.last_lines, job, dialect.target))
    if not outcome.ok and not has_errors(findings):
        raise _unexplained(outcome.last_lines)
    if outcome.ok:
        meta = json.loads((job.scratch / _META).read_text(encoding="utf-8"))
        findings += tuple(_import_findings(meta, job, dialect))
    if has_errors(findings):
        raise ProjectInvalidError(findings)
    return output, findings


def argv(job: BundleJob, dialect: Dialect, output: Path) -> list[str]:
    """Minified also because names and comments of esbuild's own tell where things lay on this machine."""
    sources = job.toolchain.runtime / "src"
    return [
        str(job.toolchain.esbuild),
        str(job.toolchain.runtime / dialect.entry),
        "--bundle",
        "--format=esm",
        "--minify",
        "--charset=utf8",
        "--legal-comments=none",
        "--loader:.md=text",
        "--loader:.txt=text",
        f"--alias:dexto:bundle=./{MODULE}",
        f"--alias:dexto:runtime={sources}",
        "--log-level=warning",
        "--log-limit=50",
        "--color=false",
        f"--metafile={_META}",
        *dialect.options,
        f"--outfile={output}",
    ]


def import_path(job: BundleJob, place: Path) -> str:
    """How the generated module names a file: relative, so that it is the same text on every machine."""
    return Path(os.path.relpath(place, job.scratch)).as_posix()


_HEADER = re.compile(r"^\S+ \[(ERROR|WARNING)\] (.*?)(?: \[[a-z-]+\])?$")
_PLACE = re.compile(r"^ {4}(\S.*):(\d+):(\d+):$")


@dataclass(slots=True)
class _Complaint:
    severity: Severity
    sentence: str
    file: str = ""
    line: int = 0
    column: int = 0
    frame: list[str] = field(default_factory=list)


def _complaints(lines: Iterable[str]) -> Iterator[_Complaint]:
    current: _Complaint | None = None
    for line in lines:
        header = _HEADER.match(line)
        if header:
            if current:
                yield current
            current = _Complaint(Severity(header[1].lower()), header[2])
        elif current and not current.file and (place := _PLACE.match(line)):
            current.file, current.line, current.column = place[1], int(place[2]), int(place[3]) + 1
    if current:
        yield current


def _findings(lines: Iterable[str], job: BundleJob, target: Target) -> Iterator[Finding]:
    """Complaints about the project's own files, and errors about its packages."""
    for one in _complaints(lines):
        file = _project_file(job, one.file)
        if file and (one.severity is Severity.ERROR or "node_modules/" not in file):
            error = _as_error(one, file)
            yield replace(error.as_finding(), severity=one.severity, column=one.column, targets=(target,))


def _as_error(one: _Complaint, file: str) -> ProjectError:
    if one.sentence.startswith("Could not resolve"):
        return _unresolved(one, file)
    if '".node" files' in one.sentence:
        return _machine_code(one, file)
    return ProjectError("code_invalid", one.sentence, "Mend this line.", file, one.line)


def _unresolved(one: _Complaint, file: str) -> ProjectError:
    name = one.sentence.partition('"')[2].partition('"')[0]
    step = "Correct the path." if name.startswith(".") else "Add it to package.json, and commit the lock file."
    return ProjectError("unresolved_import", f'There is nothing to import as "{name}"', step, file, one.line)


def _machine_code(one: _Complaint, file: str) -> ProjectError:
    return ProjectError(
        "native_import",
        "A package imports machine code (.node), which cannot be bundled",
        "Use a package that is JavaScript or WebAssembly.",
        file,
        one.line,
    )


def _project_file(job: BundleJob, path: str) -> str:
    """The name in the project, or below its installed packages; "" for what is not of it."""
    if not path:
        return ""
    real = Path(os.path.normpath(job.scratch / path))
    home = next((home for home in (job.project, *job.packages) if real.is_relative_to(home)), None)
    return real.relative_to(home).as_posix() if home else ""


def _import_findings(meta: Mapping[str, Any], job: BundleJob, dialect: Dialect) -> Iterator[Finding]:
    """What esbuild has no opinion about: where files came from, and what must be there at run time."""
    for path, about in sorted(meta["inputs"].items()):
        if _is_foreign(path, job):
            yield _foreign(path).as_finding()
        for one in about["imports"]:
            if one.get("external") and not _is_there(one["path"], dialect):
                yield _absent(one["path"], _project_file(job, path), job, dialect.target)


def _is_foreign(path: str, job: BundleJob) -> bool:
    real = Path(os.path.realpath(job.scratch / path.partition("?")[0]))
    homes = (job.project, job.scratch, job.toolchain.runtime, *job.packages)
    return ":" not in path.partition("/")[0] and not any(real.is_relative_to(home.resolve()) for home in homes)


def _foreign(path: str) -> ProjectError:
    return ProjectError(
        "import_outside_project",
        f"The code imports {Path(path).name}, which is outside of the project",
        "Move the file into the project.",
    )


def _is_there(name: str, dialect: Dialect) -> bool:
    if dialect.builtins is None or name.startswith("cloudflare:"):
        return True
    return name.removeprefix("node:").partition("/")[0] in dialect.builtins


def _absent(name: str, file: str, job: BundleJob, target: Target) -> Finding:
    error = ProjectError(
        "node_module_absent",
        f'"{name}" of Node does not exist on {target.value}',
        "Do without it there, or deploy to nodejs.",
        file,
        _line_of(job.project / file, name) if file else 0,
    )
    return replace(error.as_finding(), targets=(target,))


def _line_of(file: Path, name: str) -> int:
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return 0
    bare = name.removeprefix("node:")
    return next((number for number, line in enumerate(lines, 1) if f'{bare}"' in line or f"{bare}'" in line), 0)


def _no_entry(dialect: Dialect) -> PlatformError:
    return PlatformError(
        "entry_missing",
        f"The agent runtime has no {dialect.entry}.",
        "Choose another target, or an agent runtime that has it.",
    )


def _unexplained(lines: tuple[str, ...]) -> PlatformError:
    said = next((one.sentence for one in _complaints(lines)), "esbuild ended without a word")
    return PlatformError("bundling_failed", f"The bundle could not be made: {said}", "The build log has the details.")
