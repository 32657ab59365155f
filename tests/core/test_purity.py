"""core touches nothing: no file, socket or process, seen by the interpreter itself."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

# A hook cannot be removed again, so it lives in a process of its own. Everything is imported and used once
# before it is put in place: importing reads files, checking must not.
PROBE = """
import sys
from importlib import import_module
from pathlib import PurePosixPath
from pkgutil import walk_packages
import core
from builds.loaders.script_config import read_script
from core.codes import CODES, explain
from core.config_sources import ConfiguredAgent, MemoryConfig
from core.inspection import Question, inspect
from core.json_schema import json_schema
from core.targets import Target
from tests.core.finding_cases import CASES
from tests.core.projects import fixture
from core.legacy import upgraded
from core.prompt_files import read_prompt
from core.storage_contract import as_dict
from core.tree import MemoryFiles

for module in walk_packages(core.__path__, "core."):
    import_module(module.name)
shapes = ("plan", "november_2025", "workspace")
projects = [fixture(name) for name in (*shapes, *(f"every_key/{name}" for name in shapes))]
projects += [MemoryFiles.of(case.files) for case in CASES]

def everything():
    for files in projects:
        report = inspect(files, Question(targets=tuple(Target)), read_script)
        report.as_dict()
        for agent in report.agents:
            if agent.config:
                upgraded(agent.document.data)
                ConfiguredAgent(agent.config, None, MemoryConfig("x")).reload(agent.config)
    read_prompt(b"---\\nid: a\\n---\\nx", PurePosixPath("a.md"))
    json_schema("agent")
    explain("stdio_mcp")
    as_dict()

everything()
seen = set()
sys.addaudithook(lambda event, arguments: seen.add(event))
everything()
# The interpreter looking at itself.
print(",".join(sorted(seen - {"builtins.id", "sys._getframe"})))
"""


FORBIDDEN = {
    "os",
    "io",
    "socket",
    "subprocess",
    "shutil",
    "tempfile",
    "urllib.request",
    "http",
    "ssl",
    "asyncio",
    "ctypes",
    "glob",
    "importlib",
    "mmap",
    "multiprocessing",
    "select",
    "signal",
    "sqlite3",
    "sys",
    "threading",
}


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", sorted((ROOT / "core").rglob("*.py")), ids=lambda path: path.stem)
def test_the_text_names_nothing_that_touches_the_world(path: Path) -> None:
    tree = ast.parse(path.read_text())
    imports = set(_imports(tree))
    assert {one for one in imports if one.startswith("pathlib")} <= {"pathlib.PurePosixPath"}
    assert not {one for one in imports if one in FORBIDDEN or one.split(".")[0] in FORBIDDEN}
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert not calls & {"open", "exec", "eval", "__import__"}


def test_an_audit_hook_sees_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE], capture_output=True, text=True, cwd=ROOT, check=False, timeout=120
    )
    assert done.stderr == ""
    assert done.stdout.strip() == ""
