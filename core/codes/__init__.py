"""The registry of codes: what each finding and error means, in more words than fit beside a line.

Each table holds one subject. A code is said in one place only; `dexto-cloud explain CODE` prints it.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from core.codes import (
    asking,
    building,
    bundling,
    code_hosts,
    deploying,
    destinations,
    installation,
    notifying,
    platforms,
    portability,
    projects,
    reading,
    resources,
    running,
    structure,
)
from core.codes.explanation import Explanation

__all__ = ["CODES", "ERRORS", "FINDINGS", "Explanation", "explain", "similar"]


def _registry(*tables: Iterable[Explanation]) -> Mapping[str, Explanation]:
    """One mapping of all tables; the same code in two of them is a mistake in the source."""
    registry: dict[str, Explanation] = {}
    for table in tables:
        for entry in table:
            if entry.code in registry:
                raise ValueError(f"the code {entry.code} is explained twice")
            registry[entry.code] = entry
    return registry


#: What a check of a project can say, and what the platform can.
FINDINGS = (projects, reading, structure, resources, portability)
ERRORS = (asking, building, bundling, code_hosts, deploying, destinations, installation, notifying, platforms, running)
CODES = _registry(*(table.CODES for table in (*FINDINGS, *ERRORS)))


def explain(code: str) -> Explanation | None:
    """The explanation of a code, or None when there is no such code."""
    return CODES.get(code)


def similar(code: str) -> list[str]:
    """The codes that a person may have meant."""
    return get_close_matches(code, CODES, n=3)
