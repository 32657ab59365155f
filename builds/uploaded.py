"""A bundle that was made elsewhere, as it is sent: parsed at the door into what the bundlers here make. Pure.

Whoever sends it may be anybody who stole a token: paths, counts, sizes and texts are looked at, and nothing is believed
that a store, a page or a node would trip over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from builds.bundle import BundleFile, Manifest
from builds.frames import AROUND, WIDTH, cleaned
from core.errors import UserError
from core.findings import Finding, Frame, Severity
from core.outline import Outline
from core.targets import Target

_MODES: Final = frozenset({0o644, 0o755})
_PATH_BYTES: Final = 1000
_NAME_BYTES: Final = 255
#: A node keeps a file of its own beside a bundle's.
_TAKEN: Final = frozenset({".manifest.json"})
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """Bytes of one file, bytes and files of all."""

    file_bytes: int
    bundle_bytes: int
    files: int


@dataclass(frozen=True, slots=True)
class UploadedBundle:
    manifest: Manifest
    findings: tuple[Finding, ...] = ()
    outline: Outline = field(default_factory=dict)


def uploaded_bundle(sent: object, limits: UploadLimits) -> UploadedBundle:
    """Raises UserError upload_invalid, which says where, and upload_too_large."""
    try:
        valid = _Bundle.model_validate(sent)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])[:200]
        raise _invalid(f"{place}: {first['msg']}" if place else first["msg"]) from error
    files = valid.manifest.bundle_files()
    _check_sizes(files, limits)
    findings = cleaned(one.finding() for one in valid.findings)
    outline = {name: agent.model_dump() for name, agent in valid.outline.items()}
    return UploadedBundle(valid.manifest.manifest(files), findings, outline)


def _check_sizes(files: tuple[BundleFile, ...], limits: UploadLimits) -> None:
    largest = max(files, key=lambda file: file.size)
    if largest.size > limits.file_bytes:
        raise _too_large(f"{largest.path} has more than {limits.file_bytes / 1_000_000:,.0f} MB.")
    if len(files) > limits.files:
        raise _too_large(f"The bundle has more than {limits.files:,} files.")
    if sum(file.size for file in files) > limits.bundle_bytes:
        raise _too_large(f"The bundle has more than {limits.bundle_bytes / 1_000_000:,.0f} MB.")


def _too_large(sentence: str) -> UserError:
    return UserError("upload_too_large", sentence, "Leave out what the agent does not need.")


def _invalid(what: str) -> UserError:
    return UserError(
        "upload_invalid",
        f"What was sent is no bundle: {what}",
        "Deploy with a `dexto-cloud` of this installation's version.",
    )


def _plain(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("no name has a control character")
    return text


def _storable(text: str) -> str:
    """A finding may quote a stranger's file; PostgreSQL keeps no zero byte."""
    return text.replace("\0", "")


def _safe_path(text: str) -> str:
    parts = text.split("/")
    if not all(parts) or {".", ".."} & set(parts) or "\\" in text or text in _TAKEN:
        raise ValueError("a path leads from the bundle's folder downwards")
    if len(text.encode()) > _PATH_BYTES or max(len(part.encode()) for part in parts) > _NAME_BYTES:
        raise ValueError("a path is too long")
    return _plain(text)


_Name = Annotated[str, StringConstraints(max_length=1000), AfterValidator(_plain)]
_Text = Annotated[str, StringConstraints(max_length=5000), AfterValidator(_storable)]
_Path = Annotated[str, StringConstraints(min_length=1, max_length=_PATH_BYTES), AfterValidator(_safe_path)]
_Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_Size = Annotated[int, Field(ge=0, lt=2**40)]
_Variable = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,199}$")]
_Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,99}$")]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Resource(_Sent):
    source: _Name = Field(alias="from")
    to: _Name
    sha256: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{64})?$")]


class _Manifest(_Sent):
    version: Literal[1]
    target: Target
    entry: _Path
    files: Annotated[list[tuple[_Path, _Sha256, _Size, int]], Field(min_length=1, max_length=100_000)]
    required_variables: Annotated[list[_Variable], Field(max_length=1000)]
    provenance: Annotated[list[_Resource], Field(max_length=100_000)]
    storage: Annotated[dict[_Name, dict[_Name, _Name]], Field(max_length=1000)]

    @model_validator(mode="after")
    def _is_a_folder(self) -> Self:
        paths = {path for path, _digest, _size, _mode in self.files}
        if len(paths) < len(self.files):
            raise ValueError("a path is there twice")
        if paths & {str(folder) for path in paths for folder in PurePosixPath(path).parents}:
            raise ValueError("a file is the folder of another one")
        if {mode for _path, _digest, _size, mode in self.files} - _MODES:
            raise ValueError("a file's mode is 0644 or 0755")
        if self.entry not in paths:
            raise ValueError("the entry is none of the files")
        return self

    def bundle_files(self) -> tuple[BundleFile, ...]:
        return tuple(BundleFile(path, digest, size, mode) for path, digest, size, mode in self.files)

    def manifest(self, files: tuple[BundleFile, ...]) -> Manifest:
        provenance = tuple({"from": one.source, "to": one.to, "sha256": one.sha256} for one in self.provenance)
        return Manifest(self.target, self.entry, files, tuple(self.required_variables), provenance, self.storage)


_Line = Annotated[str, StringConstraints(max_length=WIDTH), AfterValidator(_storable)]


class _Frame(_Sent):
    start: Annotated[int, Field(ge=1, lt=2**31)]
    lines: Annotated[list[_Line], Field(min_length=1, max_length=2 * AROUND + 1)]
    column: Annotated[int, Field(ge=0, le=WIDTH)]

    def frame(self) -> Frame:
        return Frame(self.start, tuple(self.lines), self.column)


class _Finding(_Sent):
    severity: Severity
    code: _Code
    file: _Name
    line: Annotated[int, Field(ge=0, lt=2**31)]
    column: Annotated[int, Field(ge=0, lt=2**31)]
    message: _Text
    hint: _Text
    targets: list[Target]
    frame: _Frame | None = None

    def finding(self) -> Finding:
        return Finding(
            self.severity,
            self.code,
            self.message,
            self.hint,
            self.file,
            self.line,
            self.column,
            tuple(self.targets),
            self.frame.frame() if self.frame else None,
        )


class _Agent(_Sent):
    model: _Name
    tools: Annotated[dict[_Name, _Name], Field(max_length=1000)]
    prompts: Annotated[dict[_Name, _Name], Field(max_length=10_000)]


class _Bundle(_Sent):
    manifest: _Manifest
    findings: Annotated[list[_Finding], Field(max_length=2000)] = []
    outline: Annotated[dict[_Name, _Agent], Field(max_length=1000)] = {}


def as_sent(manifest: Manifest, findings: tuple[Finding, ...], outline: Outline) -> dict[str, Any]:
    """The form in which the command sends what it made."""
    return {
        "manifest": manifest.as_dict(),
        "findings": [finding.as_dict() for finding in findings],
        "outline": {name: dict(agent) for name, agent in outline.items()},
    }
