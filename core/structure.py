"""Phase one: is the structure right? Every violation at once, at its line, with what was meant."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Generic, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from core.codes import CODES
from core.config.base import KEBAB
from core.document import Document, Path, dotted
from core.findings import Finding, Severity, at

ModelType = TypeVar("ModelType", bound=BaseModel)

#: A person mends these one by one; more of them say that the file is something else.
MAX_VIOLATIONS = 100


@dataclass(frozen=True, slots=True)
class Structured(Generic[ModelType]):
    """The model, or None, and why."""

    model: ModelType | None
    findings: tuple[Finding, ...]


def read_model(document: Document, model: type[ModelType], noun: str) -> Structured[ModelType]:
    """The document as a model. `noun` names the file's kind in sentences."""
    if not isinstance(document.data, dict):
        return Structured(None, (_not_a_mapping(document, noun),))
    try:
        return Structured(model.model_validate(document.data), ())
    except ValidationError as error:
        details = error.errors(include_url=False)[:MAX_VIOLATIONS]
        return Structured(None, tuple(_finding(document, model, detail) for detail in details))


def _not_a_mapping(document: Document, noun: str) -> Finding:
    what = "is empty" if document.data is None else f"holds {_kind(document.data)}, not keys"
    return at(
        document.at(()),
        Severity.ERROR,
        "not_a_mapping",
        f"The {noun} {what}",
        next_step="Write keys and values, as in `llm: …`.",
    )


@dataclass(frozen=True, slots=True)
class _Violation:
    """What pydantic said, with the path in the file."""

    document: Document
    model: type[BaseModel]
    detail: ErrorDetails
    path: Path

    @property
    def context(self) -> Mapping[str, Any]:
        return self.detail.get("ctx", {})

    @property
    def name(self) -> str:
        return dotted(self.path) or "the file"

    def error(self, code: str, sentence: str, next_step: str = "", at_key: bool = False) -> Finding:
        position = self.document.at_key(self.path) if at_key else self.document.at(self.path)
        return at(position, Severity.ERROR, code, sentence, next_step=next_step)


def _finding(document: Document, model: type[BaseModel], detail: ErrorDetails) -> Finding:
    violation = _Violation(document, model, detail, document.resolve(detail["loc"]))
    kind = detail["type"]
    if kind in CODES:
        context = violation.context
        return violation.error(kind, str(context["sentence"]), str(context["next_step"]))
    return _WORDS.get(kind, _by_family)(violation)


def _missing(violation: _Violation) -> Finding:
    *parent, key = violation.path
    where = dotted(parent) or "the file"
    if violation.path in violation.document.keys:
        return violation.error("missing_key", f'The key "{key}" has no value in {where}', "Write one.", at_key=True)
    position = violation.document.at_key(parent)
    return at(
        position,
        Severity.ERROR,
        "missing_key",
        f'The key "{key}" is missing in {where}',
        next_step=f"Add `{key}:` here.",
    )


def _no_tag(violation: _Violation) -> Finding:
    key = str(violation.context.get("discriminator", "type")).strip("'")
    return violation.error("missing_key", f'The key "{key}" is missing in {violation.name}', f"Add `{key}:` here.")


def _unknown_key(violation: _Violation) -> Finding:
    key = str(violation.path[-1]) if violation.path else ""
    known = sorted(_known_keys(violation.model, violation.detail["loc"][:-1]))
    return violation.error(
        "unknown_key",
        f'The key "{key[:60]}" is not known in {dotted(violation.path[:-1]) or "the file"}',
        _did_you_mean(key, known) or f"Known here: {', '.join(known)}.",
        at_key=True,
    )


def _bad_value(violation: _Violation) -> Finding:
    value = violation.detail["input"]
    allowed = _quoted(str(violation.context.get("expected", "")))
    if not isinstance(value, str):
        return violation.error(
            "wrong_type",
            f"{violation.name} must be text, not {_kind(value)}",
            f"One of: {', '.join(allowed)}.",
        )
    return violation.error(
        "not_allowed_value",
        f'"{value[:60]}" is not allowed for {violation.name}',
        _did_you_mean(value, allowed) or f"One of: {', '.join(allowed)}.",
    )


def _bad_tag(violation: _Violation) -> Finding:
    key = str(violation.context["discriminator"]).strip("'")
    tag, allowed = str(violation.context["tag"]), _quoted(str(violation.context["expected_tags"]))
    return at(
        violation.document.at((*violation.path, key)),
        Severity.ERROR,
        "not_allowed_value",
        f'"{tag[:60]}" is not allowed for {violation.name}.{key}',
        next_step=_did_you_mean(tag, allowed) or f"One of: {', '.join(allowed)}.",
    )


def _bad_pattern(violation: _Violation) -> Finding:
    return violation.error(
        "bad_name",
        f'"{str(violation.detail["input"])[:60]}" is not a name that {violation.name} can have',
        _in_words(str(violation.detail["input"]), str(violation.context["pattern"])),
    )


def _in_words(name: str, pattern: str) -> str:
    """People read an example more easily than a pattern."""
    example = "-".join(re.findall("[a-z0-9]+", name.casefold()))[:60] or "code-review"
    if pattern == KEBAB and re.fullmatch(KEBAB, example):
        return f'Write lower case words with hyphens between, such as "{example}".'
    return f"It must match {pattern}."


def _by_family(violation: _Violation) -> Finding:
    """Types, ranges and lengths, by what pydantic calls them."""
    kind = violation.detail["type"]
    if kind in _TYPES:
        wanted = _TYPES[kind]
        found = violation.detail["input"]
        quotes = "Put it in quotes." if wanted == "text" and isinstance(found, int | float) else ""
        return violation.error("wrong_type", f"{violation.name} must be {wanted}, not {_kind(found)}", quotes)
    words = _LIMITS.get(kind)
    said = words.format(**violation.context) if words else str(violation.detail["msg"])
    return violation.error("out_of_range", f"{violation.name} {said}")


_WORDS: dict[str, Callable[[_Violation], Finding]] = {
    "missing": _missing,
    "extra_forbidden": _unknown_key,
    "literal_error": _bad_value,
    "union_tag_invalid": _bad_tag,
    "union_tag_not_found": _no_tag,
    "string_pattern_mismatch": _bad_pattern,
}

_LIMITS = {
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "string_too_long": "may have {max_length} characters at most",
    "string_too_short": "must not be shorter than {min_length} characters",
    "too_short": "must have at least {min_length} entries",
    "finite_number": "must be a finite number",
}

_TYPES = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "keys and values",
    "model_type": "keys and values",
    "model_attributes_type": "keys and values",
}


def _kind(value: object) -> str:
    if value is None:
        return "empty"
    names = {bool: "true or false", str: "text", int: "a number", float: "a number", list: "a list"}
    return names.get(type(value), "keys and values")


def _quoted(listed: str) -> list[str]:
    """The values in pydantic's `'a', 'b' or 'c'`."""
    return listed.split("'")[1::2]


def _did_you_mean(word: str, known: Sequence[str]) -> str:
    by_folded = {name.casefold().replace("-", "").replace("_", ""): name for name in known}
    folded = word.casefold().replace("-", "").replace("_", "")
    close = [by_folded[folded]] if folded in by_folded else get_close_matches(word[:60], known, n=1)
    return f'Did you mean "{close[0]}"?' if close else ""


def _known_keys(model: type[BaseModel], loc: Sequence[str | int]) -> set[str]:
    """The keys that the models at a pydantic location know."""
    kinds: list[Any] = [model]
    for step in loc:
        kinds = _below(kinds, step) or _tagged(kinds, step)
    return {
        field.alias or name
        for kind in _flat(kinds)
        if isinstance(kind, type) and issubclass(kind, BaseModel)
        for name, field in kind.model_fields.items()
    }


def _below(kinds: Sequence[Any], step: str | int) -> list[Any]:
    found: list[Any] = []
    for kind in _flat(kinds):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            fields = kind.model_fields.items()
            found += [field.annotation for name, field in fields if (field.alias or name) == step]
        elif (get_origin(kind) is list and isinstance(step, int)) or get_origin(kind) is dict:
            found.append(get_args(kind)[-1])
    return found


def _tagged(kinds: Sequence[Any], tag: str | int) -> list[Any]:
    """A location also names the member of a union by its tag."""
    members = [kind for kind in _flat(kinds) if tag in _tags(kind)]
    return members or list(kinds)


def _tags(kind: Any) -> tuple[Any, ...]:
    field = getattr(kind, "model_fields", {}).get("type")
    return get_args(field.annotation) if field and get_origin(field.annotation) is Literal else ()


def _flat(kinds: Sequence[Any]) -> Iterator[Any]:
    """Unions and annotations taken apart."""
    for kind in kinds:
        origin = get_origin(kind)
        if origin is Annotated:
            yield from _flat([get_args(kind)[0]])
        elif origin in (Union, UnionType):
            yield from _flat(get_args(kind))
        else:
            yield kind
