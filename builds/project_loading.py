"""From a folder on disk to a report about the project in it."""

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from builds.loaders.disk import DiskFiles
from builds.loaders.script_config import read_script
from core.inspection import Question, Report, inspect
from core.targets import Target


def inspect_folder(
    folder: Path,
    *,
    root: str = "",
    targets: Iterable[Target] = (),
    known_variables: frozenset[str] | None = None,
    agent: PurePosixPath | None = None,
    base: PurePosixPath | None = None,
) -> Report:
    """Checks the project below a folder, and `agent`, a file in it. Raises nothing for what is in it.

    `base` is where it is said to lie for file:// URIs; without it, where it really lies.
    """
    files = DiskFiles(folder)
    question = Question(
        root=root,
        agent=agent,
        base=base or PurePosixPath(files.root.as_posix()),
        targets=tuple(targets),
        known_variables=known_variables,
        findings_before=tuple(files.findings),
    )
    return inspect(files, question, read_script)
