"""What `dexto-cloud validate`, `schema` and `explain` say."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from builds import validation
from builds.frames import WIDTH
from core.targets import Target
from tests.core.projects import FIXTURES, SMALLEST


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    (tmp_path / "agent.yml").write_text(SMALLEST + "promts: []\ntools:\n  - {type: process-tools}\n")
    return tmp_path


def test_the_json_form(broken: Path) -> None:
    found = json.loads(validation.as_json(validation.validate_path(broken, [Target.CLOUDFLARE])))
    assert found["project"] == {
        "root": ".",
        "generation": "workspace",
        "entry_agent": "agent.yml",
        "agents": [{"id": "agent", "path": "agent.yml", "name": ""}],
    }
    assert found["findings"][0] == {
        "severity": "error",
        "code": "unknown_key",
        "file": "agent.yml",
        "line": 6,
        "column": 1,
        "message": 'The key "promts" is not known in the file',
        "hint": 'Did you mean "prompts"?',
        "targets": [],
    }
    assert found["findings"][1]["targets"] == ["cloudflare"]
    assert found["required_env"] == [{"name": "OPENAI_API_KEY", "file": "agent.yml", "line": 5}]


def test_the_exit_code(broken: Path) -> None:
    assert validation.exit_code(validation.validate_path(broken)) == validation.EXIT_ERRORS
    assert validation.exit_code(validation.validate_path(FIXTURES / "plan")) == validation.EXIT_OK


def test_a_file_stands_for_its_folder(broken: Path) -> None:
    assert validation.validate_path(broken / "agent.yml").project.entry_agent is not None
    for file in ("agents/billing.yml", "agents/support/support.yml"):
        assert validation.project_folder(FIXTURES / "workspace" / file) == FIXTURES / "workspace"


def test_people_see_the_line_and_a_caret(broken: Path) -> None:
    text = validation.for_people(validation.validate_path(broken, [Target.CLOUDFLARE]), broken)
    assert (
        'error[unknown_key] The key "promts" is not known in the file\n'
        "  agent.yml:6:1\n"
        "  4 |   model: gpt-5\n"
        "  5 |   apiKey: $OPENAI_API_KEY\n"
        "  6 | promts: []\n"
        "    | ^\n"
        "  7 | tools:\n"
        "  8 |   - {type: process-tools}\n"
        '  → Did you mean "prompts"?\n'
    ) in text
    assert "Required variables: OPENAI_API_KEY" in text
    assert text.rstrip().endswith("not ok: 2 errors")
    assert "\x1b[" not in text


def test_colours_on_request(broken: Path) -> None:
    assert "\x1b[31merror" in validation.for_people(validation.validate_path(broken), broken, color=True)


def test_the_caret_stands_below_wide_characters_and_in_long_lines(tmp_path: Path) -> None:
    (tmp_path / "agent.yml").write_text(
        SMALLEST + "mcpServers: {日本: {type: nope, url: x}, " + "a" * 200 + ": {type: nope, url: x}}\n"
    )
    lines = validation.for_people(validation.validate_path(tmp_path), tmp_path).splitlines()
    first = next(index for index, line in enumerate(lines) if line.endswith("^"))
    assert lines[first - 1].index("nope") + 2 == lines[first].index("^")
    assert max(len(line) for line in lines if " | " in line) < WIDTH + 10


def test_a_strangers_text_does_not_move_the_cursor(tmp_path: Path) -> None:
    (tmp_path / "agent.yml").write_text('"\\e[2Jkey": 1\nllm: "\\e[31m"\n# \x7f\n')
    text = validation.for_people(validation.validate_path(tmp_path), tmp_path)
    assert "\x1b" not in text


def test_a_secret_in_a_line_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "agent.yml").write_text("systemPrompt: x\nllm: {provider: nope, model: m, apiKey: sk-0123456789}\n")
    report = validation.validate_path(tmp_path)
    assert "sk-0123456789" not in validation.for_people(report, tmp_path)
    assert "sk-0123456789" not in validation.as_json(report)


def test_links_out_of_the_project_are_named(tmp_path: Path) -> None:
    (tmp_path / "agent.yml").write_text(SMALLEST + "prompts:\n  - {type: file, file: x.md}\n")
    (tmp_path / "x.md").symlink_to("/etc/hostname")
    codes = [one.code for one in validation.validate_path(tmp_path).findings]
    assert {"symlink_outside", "file_not_found"} <= set(codes)


def test_codes_are_explained() -> None:
    text = validation.explanation("stdio_mcp")
    assert text is not None
    assert text.startswith("stdio_mcp: An MCP server is a program to start\n\n")
    assert validation.explanation("nothing") is None
    assert validation.codes_like("stdio_mpc") == ["stdio_mcp"]


def test_the_schema_is_json() -> None:
    assert json.loads(validation.schema_json())["title"] == "agent.yml: an agent"


def test_validating_loads_no_framework_and_no_sdk() -> None:
    probe = "import builds.validation, sys; print([m for m in ('django', 'boto3', 'httpx') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
