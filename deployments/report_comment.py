"""The comment on a pull request: where each destination is, what became of it, what changed in the agent. Pure text.

What a stranger wrote may be quoted in here: it must neither leave its cell of the table nor call anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_LONGEST: Final = 300
_MOST_CHANGES: Final = 30


@dataclass(frozen=True, slots=True)
class Row:
    """One destination. `url` is empty while there is nothing to open."""

    destination: str
    target: str
    state: str
    url: str
    page: str
    commit: str


def marker(project_id: int) -> str:
    """Tells this project's comment from those of others on the same pull request."""
    return f"<!-- dexto:project:{project_id} -->"


def comment(project_id: int, slug: str, rows: Sequence[Row], changes: Sequence[str] | None) -> str:
    """`changes` is None where nobody can say what changed."""
    lines = [
        marker(project_id),
        f"### Dexto: {slug}",
        "",
        "| Destination | State | Preview | Commit |",
        "| --- | --- | --- | --- |",
        *map(_row, rows),
    ]
    if changes is not None:
        lines += ["", "**What changes in the agent**", "", *_changes(changes)]
    return "\n".join([*lines, ""])


def _row(row: Row) -> str:
    preview = f"[Open]({row.url})" if row.url else "–"
    where = f"{quoted(row.destination)} ({row.target})"
    return f"| {where} | {quoted(row.state)} | {preview} · [Inspect]({row.page}) | `{row.commit[:7]}` |"


def _changes(changes: Sequence[str]) -> list[str]:
    if not changes:
        return ["Nothing that production does not have: its prompts, tools and models are the same."]
    shown = [f"- {quoted(change)}" for change in changes[:_MOST_CHANGES]]
    rest = len(changes) - len(shown)
    return [*shown, f"- … and {rest} more"] if rest else shown


def quoted(text: str) -> str:
    """As text in a cell: no markup, no mention, no line break."""
    flat = " ".join(text.split())
    cut = flat if len(flat) <= _LONGEST else f"{flat[: _LONGEST - 1]}…"
    return "".join(_ESCAPES.get(one, one) for one in cut)


_ESCAPES: Final = {one: f"&#{ord(one)};" for one in "&<>|@#[]()`*_~\\!"}
