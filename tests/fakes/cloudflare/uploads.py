"""A Worker's upload, judged as strictly as Cloudflare does: parts, metadata, bindings, migrations."""

from __future__ import annotations

import json
from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from tests.fakes.cloudflare.envelope import refused
from tests.fakes.vendor import Asked

_TYPES = {
    "application/javascript+module",
    "text/javascript+module",
    "application/javascript",
    "text/javascript",
    "application/wasm",
    "text/plain",
    "application/octet-stream",
    "application/source-map",
}
_METADATA = {
    *("main_module", "bindings", "compatibility_date", "compatibility_flags", "keep_bindings", "annotations"),
    *(
        "migrations",
        "tags",
        "observability",
        "limits",
        "placement",
        "logpush",
        "tail_consumers",
        "assets",
        "containers",
    ),
    *("usage_model", "exports", "package_dependencies", "cache_options", "body_part", "capnp_schema"),
}
#: A binding's type → what it must say beside its name.
_BINDINGS: dict[str, set[str]] = {
    "plain_text": {"text"},
    "secret_text": {"text"},
    "json": {"json"},
    "r2_bucket": {"bucket_name"},
    "durable_object_namespace": {"class_name"},
    "version_metadata": set(),
    "inherit": set(),
    "ai": set(),
}
_STEPS = {"new_sqlite_classes", "new_classes", "deleted_classes", "renamed_classes", "transferred_classes"}
_LARGEST = 5_120


@dataclass
class Uploaded:
    metadata: dict[str, Any]
    modules: dict[str, bytes]

    @property
    def bindings(self) -> list[dict[str, Any]]:
        return list(self.metadata.get("bindings", []))


def uploaded(asked: Asked, *, is_version: bool) -> Uploaded:
    """Raises RefusalError as Cloudflare answers it."""
    metadata, modules = _parts(asked)
    if is_version and "migrations" in metadata:
        raise refused(400, 10211, "Migrations must be fully applied with a deployment before a version is uploaded.")
    if unknown := metadata.keys() - _METADATA:
        raise refused(400, 10021, f"metadata has keys that are not known: {sorted(unknown)}")
    if metadata.get("main_module") not in modules:
        raise refused(400, 10021, "No such module: the main_module is not among the parts.")
    for binding in metadata.get("bindings", []):
        _judge(binding)
    names = [binding["name"] for binding in metadata.get("bindings", [])]
    if len(set(names)) < len(names):
        raise refused(400, 10021, "Two bindings have one name.")
    return Uploaded(metadata, modules)


def migrated(uploaded: Uploaded, tag: str, classes: set[str]) -> tuple[str, set[str]]:
    """The tag and the classes after the upload's migrations. Raises RefusalError."""
    migrations = uploaded.metadata.get("migrations")
    after = set(classes)
    if migrations:
        if migrations.get("old_tag", "") != tag:
            said = f"the Worker is at '{tag}', not at '{migrations.get('old_tag', '')}'"
            raise refused(412, 10079, f"Migration tag precondition failed: {said}")
        for step in migrations["steps"]:
            if step.keys() - _STEPS:
                raise refused(400, 10021, f"A step of a migration has unknown keys: {sorted(step.keys() - _STEPS)}")
            made = {*step.get("new_sqlite_classes", []), *step.get("new_classes", [])}
            if made & after:
                raise refused(
                    400, 10074, f"Cannot apply new-class migration to a class that exists: {sorted(made & after)}"
                )
            after = (after | made) - set(step.get("deleted_classes", []))
        tag = migrations["new_tag"]
    bound = {one["class_name"] for one in uploaded.bindings if one["type"] == "durable_object_namespace"}
    if bound - after:
        raise refused(400, 10061, f"Cannot create binding for class {sorted(bound - after)[0]}: it needs a migration.")
    return tag, after


def _parts(asked: Asked) -> tuple[dict[str, Any], dict[str, bytes]]:
    kind = asked.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        raise refused(415, 10001, "Content-Type must be multipart/form-data")
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + asked.body)
    metadata: dict[str, Any] | None = None
    modules = {}
    for part in message.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        if name == "metadata":
            metadata = json.loads(content)
        elif part.get_filename() != name:
            raise refused(400, 10021, f"The part {name} has another file name: {part.get_filename()}")
        elif part.get_content_type() not in _TYPES:
            raise refused(400, 10001, f"The part {name} has the type {part.get_content_type()}")
        else:
            modules[name] = content
    if metadata is None:
        raise refused(400, 10021, "There is no part called metadata.")
    return metadata, modules


def _judge(binding: dict[str, Any]) -> None:
    kind, name = binding.get("type"), binding.get("name")
    if not name or kind not in _BINDINGS:
        raise refused(400, 10021, f"A binding is not as it must be: {kind} {name}")
    if binding.keys() - {"type", "name"} != _BINDINGS[kind]:
        raise refused(400, 10021, f"The binding {name} of type {kind} has {sorted(binding.keys())}")
    if len(str(binding.get("text", "")).encode()) > _LARGEST:
        raise refused(400, 10054, f"The value of {name} is larger than 5 kB.")
