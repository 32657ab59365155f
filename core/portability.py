"""What fits where: per target, what of an agent cannot run there, or runs otherwise than on a machine.

Each rule yields remarks for one target; the same remark about several targets becomes one finding.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from core.document import Document, Path, dotted, is_mapping
from core.errors import DextoError
from core.fields import ResourceUse, is_enabled, select
from core.findings import Finding, Severity, at
from core.references import Sources
from core.sharing import SHARED_CACHES, SHARED_DATABASES, lacking
from core.targets import TRAITS, Support, Target, Traits
from core.uris import parse

_LOOPBACK = ("://localhost", "://127.", "://[::1]", "://0.0.0.0")


@dataclass(frozen=True, slots=True)
class AgentView:
    """What the rules look at: the expanded document, what it names and from where, and the project's folder."""

    document: Document
    sources: Sources
    resources: tuple[ResourceUse, ...]
    project: PurePosixPath


@dataclass(frozen=True, slots=True)
class Remark:
    """A finding before it is known for how many targets it holds."""

    severity: Severity
    code: str
    sentence: str
    next_step: str
    path: Path


Rule = Callable[[AgentView, Target, Traits], Iterator[Remark]]


def portability_findings(view: AgentView, targets: Iterable[Target]) -> Iterator[Finding]:
    """Every remark of every rule, with the targets that it concerns."""
    concerned: dict[Remark, list[Target]] = {}
    for target in targets:
        for rule in RULES:
            for remark in rule(view, target, TRAITS[target]):
                concerned.setdefault(remark, []).append(target)
    for remark, its_targets in concerned.items():
        yield at(
            view.document.at(remark.path),
            remark.severity,
            remark.code,
            remark.sentence,
            next_step=remark.next_step,
            targets=tuple(its_targets),
        )


def _stdio_servers(view: AgentView, _target: Target, traits: Traits) -> Iterator[Remark]:
    if traits.processes is Support.FULL:
        return
    for path, kind in select(view.document.data, ("mcpServers", "*", "type")):
        if kind == "stdio" and is_enabled(view.document, path):
            never = traits.processes is Support.NONE
            yield Remark(
                Severity.ERROR if never else Severity.WARNING,
                "stdio_mcp",
                f'The MCP server "{path[1]}" is a program to start, '
                + ("which this target cannot" if never else "which here lives no longer than one request"),
                "Use the server over HTTP (`type: http`), or deploy to nodejs.",
                path,
            )


def _tool_families(view: AgentView, _target: Target, traits: Traits) -> Iterator[Remark]:
    needs = {"filesystem-tools": ("files", traits.files), "process-tools": ("processes", traits.processes)}
    for path, kind in _tool_types(view):
        what, support = needs.get(str(kind), ("", Support.FULL))
        if support is not Support.FULL and is_enabled(view.document, path):
            yield _unsupported_tools(str(kind), what, support, path)


def _tool_types(view: AgentView) -> Iterator[tuple[Path, object]]:
    """Under today's key and the older one."""
    for key in ("tools", "customTools"):
        yield from select(view.document.data, (key, "*", "type"))


def _internal_tools(view: AgentView, _target: Target, traits: Traits) -> Iterator[Remark]:
    """The same for the older generation's list of single tools."""
    for path, name in select(view.document.data, ("internalTools", "*")):
        what, support = _INTERNAL.get(str(name), ("", ""))
        given = getattr(traits, support) if support else Support.FULL
        if given is not Support.FULL:
            yield _unsupported_tools(str(name), what, given, path)


_INTERNAL = {
    **dict.fromkeys(("read_file", "write_file", "edit_file", "glob_files", "grep_content"), ("files", "files")),
    **dict.fromkeys(("bash_exec", "bash_output", "kill_process"), ("processes", "processes")),
}


def _unsupported_tools(name: str, what: str, support: Support, path: Path) -> Remark:
    never = support is Support.NONE
    return Remark(
        Severity.ERROR if never else Severity.WARNING,
        "process_tools" if what == "processes" else "filesystem_tools",
        f"{name} needs {what}, " + ("which this target does not have" if never else "kept for one request only"),
        "Switch it off with `enabled: false`, or deploy to nodejs.",
        path,
    )


def _local_storage(view: AgentView, _target: Target, traits: Traits) -> Iterator[Remark]:
    if traits.keeps_files:
        return
    for path, kind in _store_types(view):
        if kind in ("sqlite", "local"):
            instead = traits.replaces_local_storage
            yield Remark(
                Severity.WARNING if instead else Severity.ERROR,
                "local_storage",
                f'{dotted(path[:-1])} keeps files ("{kind}"), '
                + (f"for which {instead} stands in here" if instead else "which are gone after the request"),
                "Use postgres and redis, or a storage module of your own.",
                path,
            )


def _memory_storage(view: AgentView, _target: Target, traits: Traits) -> Iterator[Remark]:
    if not traits.serverless or traits.replaces_local_storage:
        return
    for path, kind in _store_types(view):
        if kind == "in-memory":
            yield _forgets(f"{dotted(path[:-1])} is in memory", path)
    storage = view.document.get(("storage",))
    if storage is None or (is_mapping(storage) and not {"database", "provider", "module"} & set(storage)):
        yield _forgets("Without storage.database the agent's memory is that of its process", ("storage",))


def _forgets(what: str, path: Path) -> Remark:
    return Remark(
        Severity.WARNING,
        "memory_storage",
        f"{what}, which the next request may not find again",
        "Use postgres and redis, or a storage module of your own.",
        path,
    )


def _store_types(view: AgentView) -> Iterator[tuple[Path, object]]:
    """Of the built-in stores: what a custom one's configuration calls a type is its own."""
    for purpose in ("cache", "database", "blob"):
        yield from select(view.document.data, ("storage", purpose, "type"))


def _unshared_turns(view: AgentView, target: Target, _traits: Traits) -> Iterator[Remark]:
    storage = view.document.get(("storage",))
    features = lacking(target)
    if features and not _is_shared(storage):
        named = "; ".join(feature.sentence for feature in features)
        yield Remark(
            Severity.INFO,
            "needs_shared_store",
            f"This needs a store that all instances share, and is answered 501 without one: {named}",
            "Use postgres as the database, or redis as the cache.",
            ("storage",) if storage is not None else (),
        )


def _is_shared(storage: object) -> bool:
    kinds = {key: part.get("type") for key, part in storage.items() if is_mapping(part)} if is_mapping(storage) else {}
    return kinds.get("database") in SHARED_DATABASES or kinds.get("cache") in SHARED_CACHES


def _fs_resources(view: AgentView, _target: Target, traits: Traits) -> Iterator[Remark]:
    for use in view.resources:
        source = view.sources.get(use.source, {})
        is_file = use.uri.startswith("file:///")
        if source.get("type") == "fs" and is_file and use.enabled and traits.serverless:
            yield _fs_resource(view, use)


def _fs_resource(view: AgentView, use: ResourceUse) -> Remark:
    bundled = _inside(use.uri, view.project)
    return Remark(
        Severity.INFO if bundled else Severity.ERROR,
        "resource_unsupported_environment",
        f'DataSource "{use.source}" uses type "fs" which is not available in serverless environments. '
        + ("The build bundles this file." if bundled else "Use S3 or HTTP instead."),
        "" if bundled else "Move the file into the project, or name it by s3:// or https://.",
        use.path,
    )


def _inside(uri: str, project: PurePosixPath) -> bool:
    try:
        return PurePosixPath(parse(uri, schemes=("file",)).path).is_relative_to(project)
    except DextoError:
        return False


def _filesystem_resources(view: AgentView, _target: Target, traits: Traits) -> Iterator[Remark]:
    for key in ("resources", "internalResources"):
        for path, kind in select(view.document.data, (key, "*", "type")):
            if kind == "filesystem" and traits.files is not Support.FULL:
                yield Remark(
                    Severity.WARNING,
                    "filesystem_resources",
                    "Folders that the model may read do not exist on this target",
                    "Name single texts as prompts, or deploy to nodejs.",
                    path,
                )


def _log_files(view: AgentView, _target: Target, traits: Traits) -> Iterator[Remark]:
    for path, kind in select(view.document.data, ("logger", "transports", "*", "type")):
        if kind == "file" and not traits.keeps_files:
            yield Remark(
                Severity.WARNING,
                "log_file",
                "A log file is not kept on this target; the platform collects what goes to the console",
                "Use `type: console`.",
                path,
            )


def _own_machine(view: AgentView, _target: Target, traits: Traits) -> Iterator[Remark]:
    """Addresses of the person's own machine: an agent that is deployed elsewhere finds nothing there."""
    for path, text in view.document.strings():
        if any(mark in text for mark in _LOOPBACK) and path[0] in ("llm", "mcpServers", "dataSources"):
            yield Remark(
                Severity.WARNING,
                "loopback_address",
                f"{dotted(path)} is an address of the machine itself, where the deployed agent finds nothing",
                "Use an address that is reachable from there, or a variable.",
                path,
            )
    llm = view.document.get(("llm",))
    if is_mapping(llm) and llm.get("provider") in ("local", "ollama") and not llm.get("baseURL"):
        yield Remark(
            Severity.ERROR if traits.serverless else Severity.WARNING,
            "local_model",
            f'The provider "{llm["provider"]}" is a model on the machine itself',
            "Name the model server by `baseURL`, or use a hosted provider.",
            ("llm", "provider"),
        )


def _image(view: AgentView, _target: Target, _traits: Traits) -> Iterator[Remark]:
    if view.document.get(("image",)):
        yield Remark(
            Severity.WARNING,
            "image_without_effect",
            "An image is a package of tools and stores for a person's own machine; a bundle does not load it",
            "Bring code of your own as plugins, tools as MCP servers, and a store as a storage module.",
            ("image",),
        )


def _staying_process(view: AgentView, _target: Target, traits: Traits) -> Iterator[Remark]:
    for path, kind in _tool_types(view):
        if kind == "scheduler-tools" and traits.serverless and is_enabled(view.document, path):
            yield Remark(
                Severity.WARNING,
                "scheduler_tools",
                "scheduler-tools needs a process that stays, which this target does not have",
                "Deploy to nodejs, or call the agent from a scheduler of your own.",
                path,
            )


RULES: tuple[Rule, ...] = (
    _stdio_servers,
    _tool_families,
    _internal_tools,
    _local_storage,
    _memory_storage,
    _unshared_turns,
    _fs_resources,
    _filesystem_resources,
    _log_files,
    _own_machine,
    _staying_process,
    _image,
)
