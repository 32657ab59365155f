"""What `dexto-cloud validate`, `schema` and `explain` say. Plain functions: the command only wires them.

No Django and no SDK is loaded here: validating must be quick to start.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path, PurePosixPath

from builds.finding_lines import render
from builds.project_loading import inspect_folder
from core.codes import explain, similar
from core.generations import DEPLOYMENT_FILES
from core.inspection import Report
from core.json_schema import json_schema
from core.targets import Target

EXIT_OK, EXIT_ERRORS, EXIT_USAGE = 0, 1, 2


def validate_path(path: Path, targets: Iterable[Target] = (), *, root: str = "") -> Report:
    """Checks the project in a folder, or that of an agent's file. The caller has checked that it exists."""
    return inspect_folder(project_folder(path), root=root, targets=targets, agent=_agent_file(path))


def project_folder(path: Path) -> Path:
    """The folder itself; of an agent's file the folder above agents/, or the file's own."""
    if path.is_dir():
        return path
    inside = next((folder for folder in (path.parent, path.parent.parent) if folder.name == "agents"), None)
    return inside.parent if inside else path.parent


def _agent_file(path: Path) -> PurePosixPath | None:
    """The file below the project's folder, when it may be an agent's. Links are followed, as the folder's are."""
    if path.is_dir() or path.suffix not in (".yml", ".yaml") or path.name in DEPLOYMENT_FILES:
        return None
    return PurePosixPath(path.relative_to(project_folder(path)).as_posix())


def exit_code(report: Report) -> int:
    """0 without errors, 1 with them; 2 is the command's own, for wrong usage."""
    return EXIT_OK if report.ok else EXIT_ERRORS


def as_json(report: Report) -> str:
    """For programs."""
    return json.dumps(report.as_dict(), indent=2, ensure_ascii=False)


def for_people(report: Report, path: Path, *, color: bool = False) -> str:
    """For people: each finding with its line and a caret, then what was found, then how many of each."""
    return render(report, project_folder(path), color=color)


def schema_json(name: str = "agent") -> str:
    """The JSON Schema for editors. Names: core.json_schema.NAMES."""
    return json.dumps(json_schema(name), indent=2, ensure_ascii=False)


def explanation(code: str) -> str | None:
    """What a code means, or None when there is no such code (then see `codes_like`)."""
    found = explain(code)
    if found is None:
        return None
    return f"{found.code}: {found.title}\n\n{found.explanation}\n\nNext: {found.next_step}\n"


def explanation_json(code: str) -> str | None:
    """The same for programs."""
    found = explain(code)
    return json.dumps(asdict(found), indent=2, ensure_ascii=False) if found else None


def codes_like(code: str) -> list[str]:
    """The codes that a person may have meant."""
    return similar(code)
