"""Which variables of the environment an agent needs, where it asks for them, and for what."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from core.config.llm import KEY_VARIABLES
from core.document import Document, Path, dotted, is_mapping
from core.fields import SECRETS, SECRETS_BY_NAME, is_enabled, is_free_text, select
from core.findings import Finding, Position, Severity, at
from core.variables import RequiredVariable, references

_SECRET_NAME = re.compile(r"auth|key|token|secret|passw|credential|cookie", re.IGNORECASE)
#: A password before the host, or a key among the query's parameters.
_SECRET_IN_ADDRESS = re.compile(
    r"://[^/?#]*@|[?&][^=&#]{0,40}(?:key|token|secret|passw|sig)[^=&#]{0,40}=[^&#]{8}", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class VariableUse:
    """A value that mentions a variable. Not required: it has a default, or what it is for is switched off."""

    name: str
    position: Position
    purpose: str
    required: bool


def variable_uses(document: Document) -> Iterator[VariableUse]:
    """Every mention in the file, and the key that a provider's client reads by itself."""
    for path, text in document.strings():
        if "$" in text and not is_free_text(path):
            enabled = is_enabled(document, path)
            mentioned = dict.fromkeys((one.name, one.default is None) for one in references(text))
            for name, has_no_default in mentioned:
                yield VariableUse(name, document.at(path), dotted(path), enabled and has_no_default)
    yield from _implied_key(document)


def required_variables(uses: Iterator[VariableUse] | tuple[VariableUse, ...]) -> tuple[RequiredVariable, ...]:
    """One entry per variable that must be set: where it is asked for first."""
    first: dict[str, RequiredVariable] = {}
    for use in uses:
        if use.required:
            first.setdefault(use.name, RequiredVariable(use.name, use.position, use.purpose))
    return tuple(first.values())


def secret_findings(document: Document) -> Iterator[Finding]:
    """Secrets that are written into the file. The value is never repeated."""
    for path, value in _secret_values(document):
        if isinstance(value, str) and _looks_secret(value, path):
            yield at(
                document.at(path),
                Severity.WARNING,
                "secret_in_file",
                f"{dotted(path)} is written into the file, where everyone with the repository reads it",
                next_step="Put it into a variable, write $NAME here, and renew it: the history keeps it.",
            )


def _secret_values(document: Document) -> Iterator[tuple[Path, object]]:
    for pattern in SECRETS:
        yield from select(document.data, pattern)
    for pattern in SECRETS_BY_NAME:
        for path, value in select(document.data, pattern):
            if _SECRET_NAME.search(str(path[-1])):
                yield path, value


def _looks_secret(value: str, path: Path) -> bool:
    if "$" in value or len(value) < 8 or value.isdigit():
        return False
    is_address = path[-1] in ("url", "connectionString")
    return _SECRET_IN_ADDRESS.search(value) is not None if is_address else True


def _implied_key(document: Document) -> Iterator[VariableUse]:
    llm = document.get(("llm",))
    if not is_mapping(llm) or llm.get("apiKey") is not None:
        return
    name = KEY_VARIABLES.get(str(llm.get("provider")))
    if name:
        yield VariableUse(name, document.at(("llm", "provider")), "llm.apiKey", required=True)
