"""Which of the three shapes a project has."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import PurePosixPath

from core.document import Document, is_mapping
from core.fields import resource_uses, select
from core.legacy import OLD_KEYS
from core.markers import DEPLOY_FILE, REGISTRIES, SCRIPT_CONFIGS

DEPLOYMENT_FILES = ("deployment.yml", "deployment.yaml")
_WORKSPACE_KEYS = (
    "permissions",
    "tools",
    "resources",
    "hooks",
    "agentFile",
    "image",
    "compaction",
    "memories",
)


class Generation(StrEnum):
    """The shapes, oldest idea first: the plan's, that of November 2025, and today's workspace."""

    PLAN = "plan"
    NOVEMBER_2025 = "november-2025"
    WORKSPACE = "workspace"


def detect(names: frozenset[PurePosixPath], root: PurePosixPath, agent: Document | None) -> Generation:
    """By what only one of them has; a project with nothing of the kind is today's.

    A project of any generation may declare its destinations, so these alone do not make it the plan's: an agent
    that names files and no data source means the implicit one, which the plan's has not.
    """
    if agent and _is_plan(agent):
        return Generation.PLAN
    if agent and _is_november(agent):
        return Generation.NOVEMBER_2025
    declares = _any_of(names, root, (*DEPLOYMENT_FILES, *SCRIPT_CONFIGS))
    return Generation.PLAN if declares and not _is_workspace(names, root, agent) else Generation.WORKSPACE


def _is_plan(agent: Document) -> bool:
    storage = agent.get(("storage",))
    return (
        agent.get(("dataSources",)) is not None
        or any(use.source_written for use in resource_uses(agent))
        or (is_mapping(storage) and "provider" in storage)
    )


def _is_november(agent: Document) -> bool:
    return any(True for _ in _old_keys(agent))


def _old_keys(agent: Document) -> Iterator[object]:
    for path in (*OLD_KEYS, ("plugins",)):
        yield from select(agent.data, path)


def _is_workspace(names: frozenset[PurePosixPath], root: PurePosixPath, agent: Document | None) -> bool:
    keys = agent is not None and any(agent.get((key,)) is not None for key in _WORKSPACE_KEYS)
    names_files = agent is not None and any(True for _ in resource_uses(agent))
    return keys or names_files or _any_of(names, root, (DEPLOY_FILE, *REGISTRIES))


def _any_of(names: frozenset[PurePosixPath], root: PurePosixPath, wanted: tuple[str, ...]) -> bool:
    return any(root / name in names for name in wanted)
