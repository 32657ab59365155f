"""Projects for tests: small ones from text, whole ones from tests/fixtures."""

from pathlib import Path, PurePosixPath

from builds.loaders.script_config import read_script
from core.findings import Finding
from core.inspection import Question, Report, inspect
from core.targets import Target
from core.tree import MemoryFiles

FIXTURES = Path(__file__).parent.parent / "fixtures" / "projects"

SMALLEST = "systemPrompt: You help.\nllm:\n  provider: openai\n  model: gpt-5\n  apiKey: $OPENAI_API_KEY\n"


def fixture(name: str) -> MemoryFiles:
    """A whole project of tests/fixtures/projects, in memory."""
    folder = FIXTURES / name
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return MemoryFiles({PurePosixPath(path.relative_to(folder).as_posix()): path.read_bytes() for path in paths})


def report(files: MemoryFiles, *targets: Target, **question: object) -> Report:
    """The report about a project in memory."""
    return inspect(files, Question(targets=targets, **question), read_script)  # type: ignore[arg-type]


def check(text: str | bytes, *targets: Target, **more: str | bytes) -> Report:
    """The report about one agent.yml, and files beside it."""
    return report(MemoryFiles.of({"agent.yml": text} | more), *targets)


def codes(found: Report) -> list[str]:
    """The findings' codes in reading order."""
    return [finding.code for finding in found.findings]


def finding(found: Report, code: str) -> Finding:
    """The first finding with a code."""
    return next(one for one in found.findings if one.code == code)
