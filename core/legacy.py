"""Keys and values of November 2025 that have other names today: named where they stand, and rewritten."""

from collections.abc import Iterator
from dataclasses import dataclass

from core.document import Document, Path, dotted, is_list, is_mapping
from core.findings import Finding, Severity, at

#: Old key → new key, for sentences. The upgrade is below.
RENAMED_KEYS: dict[Path, str] = {
    ("toolConfirmation",): "permissions",
    ("internalTools",): "tools: [{type: builtin-tools, enabledTools: […]}]",
    ("customTools",): "tools",
    ("internalResources",): "resources",
    ("starterPrompts",): "prompts with showInStarters: true",
    ("plugins", "contentPolicy"): "hooks: [{type: content-policy}]",
    ("plugins", "responseSanitizer"): "hooks: [{type: response-sanitizer}]",
    ("llm", "reasoningEffort"): "llm.reasoning.variant",
}

#: What is read and has no effect any more.
_WITHOUT_EFFECT: tuple[Path, ...] = (("llm", "router"),)
#: By these, among others, a project of November 2025 is known.
OLD_KEYS: tuple[Path, ...] = (*RENAMED_KEYS, *_WITHOUT_EFFECT)

_HOOKS = {"contentPolicy": "content-policy", "responseSanitizer": "response-sanitizer"}
#: The files' tools have left the list of internal tools: each is in a family now.
_FAMILIES = {
    "read_file": "filesystem-tools",
    "write_file": "filesystem-tools",
    "edit_file": "filesystem-tools",
    "glob_files": "filesystem-tools",
    "grep_content": "filesystem-tools",
    "bash_exec": "process-tools",
    "bash_output": "process-tools",
    "kill_process": "process-tools",
}


@dataclass(frozen=True, slots=True)
class _Renamed:
    path: Path
    old: str
    new: str


def legacy_findings(document: Document) -> Iterator[Finding]:
    """One warning per old key or value, with its new name."""
    for path, new in RENAMED_KEYS.items():
        if path[-1] in _keys(document, path[:-1]):
            sentence = f'"{dotted(path)}" is the older name of {new}'
            yield _old_key(document, path, sentence, f"Write {new} instead; until then it is read as that.")
    for path in _WITHOUT_EFFECT:
        if path[-1] in _keys(document, path[:-1]):
            yield _old_key(document, path, f'"{dotted(path)}" has no effect any more', "Remove it.")
    for renamed in _values(document):
        yield at(
            document.at(renamed.path),
            Severity.WARNING,
            "legacy_value",
            f'"{renamed.old}" is the older name of "{renamed.new}" for {dotted(renamed.path)}',
            next_step=f'Write "{renamed.new}".',
        )


def _old_key(document: Document, path: Path, sentence: str, next_step: str) -> Finding:
    return at(document.at_key(path), Severity.WARNING, "legacy_key", sentence, next_step=next_step)


def _keys(document: Document, path: Path) -> set[str]:
    value = document.get(path)
    return set(value) if is_mapping(value) else set()


def _values(document: Document) -> Iterator[_Renamed]:
    if document.get(("toolConfirmation", "mode")) == "event-based":
        yield _Renamed(("toolConfirmation", "mode"), "event-based", "manual")
    contributors = document.get(("systemPrompt", "contributors"))
    for index, entry in enumerate(contributors if is_list(contributors) else []):
        if is_mapping(entry) and entry.get("source") == "dateTime":
            yield _Renamed(("systemPrompt", "contributors", index, "source"), "dateTime", "date")


def upgraded(data: dict[str, object]) -> dict[str, object]:
    """The same configuration with today's keys only, and all of them. For data that the structure check accepted."""
    new = dict(data)
    _move_permissions(new)
    _move_tools(new)
    _move_resources(new)
    _move_starters(new)
    _move_hooks(new)
    _move_llm(new)
    _move_dates(new)
    _complete_storage(new)
    return new


def _move_permissions(new: dict[str, object]) -> None:
    old = new.pop("toolConfirmation", None)
    if is_mapping(old):
        mode = old.get("mode", "event-based")
        new.setdefault("permissions", old | {"mode": "manual" if mode == "event-based" else mode})


def _move_tools(new: dict[str, object]) -> None:
    names, custom = new.pop("internalTools", None), new.pop("customTools", None)
    if "tools" in new or not (is_list(names) or is_list(custom)):
        return
    families: dict[str, list[object]] = {}
    for name in names if is_list(names) else []:
        families.setdefault(_FAMILIES.get(str(name), "builtin-tools"), []).append(name)
    tools: list[object] = [{"type": family, "enabledTools": tools} for family, tools in families.items()]
    new["tools"] = [*tools, *(custom if is_list(custom) else [])]


def _move_resources(new: dict[str, object]) -> None:
    old = new.pop("internalResources", None)
    if is_mapping(old):
        old = old.get("resources", []) if old.get("enabled", True) else []
    if old is not None:
        new.setdefault("resources", old)


def _move_starters(new: dict[str, object]) -> None:
    old = new.pop("starterPrompts", None)
    if is_list(old):
        prompts = new.get("prompts")
        starters = [{"type": "inline"} | dict(one) | {"showInStarters": True} for one in old if is_mapping(one)]
        new["prompts"] = [*(prompts if is_list(prompts) else []), *starters]


def _move_hooks(new: dict[str, object]) -> None:
    plugins = new.get("plugins")
    if not is_mapping(plugins):
        return
    old = {kind: plugins[key] for key, kind in _HOOKS.items() if key in plugins}
    hooks = new.get("hooks")
    added = [{"type": kind} | value for kind, value in old.items() if is_mapping(value)]
    if old:
        new["hooks"] = [*(hooks if is_list(hooks) else []), *added]
        new["plugins"] = {key: value for key, value in plugins.items() if key not in _HOOKS}


def _move_llm(new: dict[str, object]) -> None:
    llm = new.get("llm")
    if not is_mapping(llm):
        return
    kept = {key: value for key, value in llm.items() if key not in ("router", "reasoningEffort")}
    if "reasoningEffort" in llm:
        kept.setdefault("reasoning", {"variant": llm["reasoningEffort"]})
    new["llm"] = kept


def _move_dates(new: dict[str, object]) -> None:
    prompt = new.get("systemPrompt")
    contributors = prompt.get("contributors") if is_mapping(prompt) else None
    if not is_mapping(prompt) or not is_list(contributors):
        return
    dated = [
        one | {"source": "date"} if is_mapping(one) and one.get("source") == "dateTime" else one for one in contributors
    ]
    new["systemPrompt"] = prompt | {"contributors": dated}


def _complete_storage(new: dict[str, object]) -> None:
    """What is left out of the built-in storage is in memory; a custom one has no parts."""
    storage = new.get("storage")
    if is_mapping(storage) and "provider" not in storage:
        new["storage"] = {part: {"type": "in-memory"} for part in ("cache", "database", "blob")} | storage
