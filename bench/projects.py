"""The agent projects that benchmarks push: always the same bytes."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

_FILES, _BYTES = 2_000, 50_000_000
AGENT = """\
agentId: bench
systemPrompt: You repeat what you are told.
llm:
  provider: openai
  model: gpt-5-mini
  apiKey: $OPENAI_API_KEY
"""


def write_small(folder: Path, version: str = "1") -> None:
    """Ten files, a few kilobytes."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "agent.yml").write_text(AGENT)
    (folder / "VERSION").write_text(version)
    (folder / "prompts").mkdir(exist_ok=True)
    for index in range(8):
        (folder / "prompts" / f"{index}.md").write_text(f"# Prompt {index}\n" + "Be brief. " * 40)


def write_large_in_commits(folder: Path, commits: int, commit: Callable[[str], str]) -> None:
    """2,000 files and 50 MB of noise, which neither git nor anybody else can compress away, in a history."""
    write_small(folder)
    noise = random.Random(7)  # noqa: S311  # the same bytes every time
    noisy = _FILES - 10
    for number in range(commits):
        for index in range(number * noisy // commits, (number + 1) * noisy // commits):
            path = folder / "data" / f"{index % 40:02}" / f"{index}.bin"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(noise.randbytes(_BYTES // _FILES))
        commit(f"part {number}")
