"""The steps that all bundlers share, in their order: pin → place → compile → finish."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from builds.bundle import MadeBundle, Manifest, describe
from builds.bundlers.agents import bundled_agents
from builds.bundlers.contract import BundleJob
from builds.bundlers.esbuild import Dialect, compile_bundle, import_path
from builds.bundlers.limits import LIMITS, limit_findings
from builds.bundlers.module import BundleModule
from builds.bundlers.parts import STORAGE, missing_parts, named_parts, readers
from builds.bundlers.placing import Placement, Placing
from builds.bundlers.resources import Pinned, pinned_resources
from builds.rejection import ProjectInvalidError
from builds.runner.progress import Progress
from core.document import is_mapping
from core.findings import Finding, has_errors, in_reading_order
from core.targets import Target


@dataclass(frozen=True, slots=True)
class Compiled:
    """The code, with what it was made of."""

    target: Target
    code: Path
    module: BundleModule
    placement: Placement
    modules: tuple[Pinned, ...]
    findings: tuple[Finding, ...]


def compiled(
    job: BundleJob,
    dialect: Dialect,
    placing: Placing,
    progress: Progress,
    *,
    bundled_reader: str,
    text: Callable[[BundleModule], str] = BundleModule.with_configuration_inside,
) -> Compiled:
    """Raises ProjectInvalidError with everything that the project's owner can mend."""
    pinned = pinned_resources(job)
    modules = tuple(one for one in pinned if one.is_module)
    placement = placing(one for one in pinned if not one.is_module)
    module, remarks = _module(job, dialect.target, modules, placement, bundled_reader)
    if has_errors(remarks):
        raise ProjectInvalidError(remarks)
    code, findings = compile_bundle(job, dialect, text(module), progress)
    return Compiled(dialect.target, code, module, placement, modules, (*remarks, *findings))


def finished(job: BundleJob, compiled: Compiled, entry: str, places: Mapping[str, Path]) -> MadeBundle:
    """The bundle with its manifest, if the target takes it. Raises ProjectInvalidError."""
    manifest = Manifest(
        compiled.target,
        entry,
        tuple(describe(places)),
        tuple(sorted({variable.name for variable in job.report.required})),
        tuple(_provenance(compiled, entry)),
        _declared_storage(compiled.module),
    )
    made = MadeBundle(manifest, places, compiled.findings)
    findings = in_reading_order((*compiled.findings, *limit_findings(made, LIMITS[compiled.target])))
    if has_errors(findings):
        raise ProjectInvalidError(findings)
    return MadeBundle(manifest, places, findings)


def written(folder: Path, name: str, content: str) -> Path:
    """A file that the bundler makes itself."""
    place = folder / "made" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(content, encoding="utf-8")
    return place


def _module(
    job: BundleJob, target: Target, modules: tuple[Pinned, ...], placement: Placement, bundled_reader: str
) -> tuple[BundleModule, tuple[Finding, ...]]:
    agents = job.report.agents
    missing = list(missing_parts(agents, target, job.toolchain.runtime / "src"))
    absent = {part for part, _finding in missing}
    parts = {named.part for agent in agents for named in named_parts(agent, target)} - absent
    parts |= set(readers(agents, bundled_reader if placement.placed else ""))
    module = BundleModule(
        target,
        bundled_agents(job.report, placement, STORAGE[target]),
        {one.uri: one.entry for one in placement.placed},
        {one.uri: import_path(job, one.place) for one in modules},
        parts,
    )
    return module, in_reading_order(finding for _part, finding in missing)


def _provenance(compiled: Compiled, entry: str) -> list[dict[str, str]]:
    """Where each resource came from, what it is called now, and its digest. Modules have become code."""
    texts = [{"from": one.pinned.uri, "to": one.uri, "sha256": one.pinned.sha256} for one in compiled.placement.placed]
    code = [{"from": one.uri, "to": entry, "sha256": one.sha256} for one in compiled.modules]
    return sorted(texts + code, key=lambda one: one["from"])


def _declared_storage(module: BundleModule) -> dict[str, dict[str, str]]:
    return {str(agent["id"]): _kinds(agent["config"]) for agent in module.agents}


def _kinds(config: object) -> dict[str, str]:
    storage = config.get("storage") if is_mapping(config) else None
    if not is_mapping(storage):
        return {}
    if "module" in storage:
        return {"custom": str(storage["module"])}
    return {purpose: str(one.get("type")) for purpose, one in storage.items() if is_mapping(one)}
