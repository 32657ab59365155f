"""What makes a folder an agent project."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from core.document import is_mapping
from core.json_reader import read_json
from core.text import decode
from core.tree import ProjectFiles

#: Looked for in this order; the first is not better than the last.
SCRIPT_CONFIGS = ("dexto.config.ts", "dexto.config.js", "dexto.config.mjs")
REGISTRIES = ("agents/registry.json", "agents/agent-registry.json")
DEPLOY_FILE = ".dexto/deploy.json"
LONE_AGENTS = ("agent.yml", "agent.yaml")
CODING_AGENTS = tuple(
    f"{stem}.{extension}"
    for stem in (
        "coding-agent",
        "agents/coding-agent",
        "agents/coding-agent/coding-agent",
        "src/dexto/agents/coding-agent",
    )
    for extension in ("yml", "yaml")
)
_BY_NAME = (*SCRIPT_CONFIGS, DEPLOY_FILE, *REGISTRIES, *CODING_AGENTS, *LONE_AGENTS)
_BY_CONTENT = ("AGENTS.md", "package.json")
_DEEPEST = max(name.count("/") for name in _BY_NAME)

#: Folders that hold other people's projects, or none.
SKIPPED_FOLDERS = frozenset({"node_modules", ".git", ".venv", "dist", "build", "vendor"})


def marked_folders(files: ProjectFiles) -> list[PurePosixPath]:
    """Every folder with a marker, the shallowest first."""
    names = frozenset(files.paths())
    folders = sorted(set(_candidates(names)), key=lambda folder: (len(folder.parts), str(folder)))
    return [folder for folder in folders if is_marked(files, names, folder)]


def is_marked(files: ProjectFiles, names: frozenset[PurePosixPath], folder: PurePosixPath) -> bool:
    """Whether a folder is a project."""
    return (
        any(folder / name in names for name in _BY_NAME)
        or _is_workspace(files, names, folder)
        or _depends_on_dexto(files, names, folder)
    )


def _candidates(names: frozenset[PurePosixPath]) -> Iterator[PurePosixPath]:
    """Folders in which some file's name ends like a marker."""
    for name in names:
        if SKIPPED_FOLDERS.isdisjoint(name.parts[:-1]):
            for depth in range(_DEEPEST + 1):
                tail = name.parts[-depth - 1 :]
                if "/".join(tail) in _BY_NAME or (depth == 0 and name.name in _BY_CONTENT):
                    yield PurePosixPath(*name.parts[: len(name.parts) - depth - 1])


def _is_workspace(files: ProjectFiles, names: frozenset[PurePosixPath], folder: PurePosixPath) -> bool:
    notes = folder / "AGENTS.md"
    if notes not in names:
        return False
    rooms = (folder / "agents", folder / "skills")
    has_room = any(name.is_relative_to(room) for name in names for room in rooms)
    text = decode(files.read_bytes(notes), str(notes)) if has_room else ""
    return isinstance(text, str) and "dexto-workspace" in text


def _depends_on_dexto(files: ProjectFiles, names: frozenset[PurePosixPath], folder: PurePosixPath) -> bool:
    package = folder / "package.json"
    if package not in names:
        return False
    content = files.read_bytes(package)
    # Most packages do not; reading JSON with positions is not free.
    document = read_json(content, str(package)).document if b"dexto" in content else None
    return document is not None and any(
        is_mapping(entries) and ("dexto" in entries or "@dexto/core" in entries)
        for entries in (document.get((key,)) for key in ("dependencies", "devDependencies"))
    )
