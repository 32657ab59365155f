"""What direct deployments remember: a small file beside the project, written whole before the next call is made."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self

from core.errors import UserError
from deployments.platforms.cloud import Memory, Version

_FOLDER: Final = ".dexto-cloud"
_FILE: Final = "state.json"
_VERSIONS_KEPT: Final = 20


@dataclass(slots=True)
class State:
    """One service. `mark` is the same wherever the project is deployed from, so that a CI job knows it again."""

    path: Path
    name: str
    kept: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def beside(cls, project: Path, name: str) -> Self:
        """Raises UserError state_unreadable."""
        path = project / _FOLDER / _FILE
        try:
            kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        except (OSError, ValueError) as error:
            raise UserError(
                "state_unreadable", f"{path} cannot be read.", "Delete it: what was made before is found again."
            ) from error
        found = cls(path, name, kept if isinstance(kept, dict) else {})
        found.kept.setdefault("services", {}).setdefault(name, {"ids": {}, "attempt": {}, "versions": []})
        return found

    @property
    def service(self) -> dict[str, Any]:
        found: dict[str, Any] = self.kept["services"][self.name]
        return found

    @property
    def mark(self) -> str:
        return f"dexto:direct:{sha256(self.name.encode()).hexdigest()[:24]}"

    def memory(self) -> Memory:
        return Memory(_Ids(self, self.service["ids"]), _Ids(self, self.service["attempt"].setdefault("ids", {})))

    def begin(self, told: str, deployment: str) -> str:
        """The deployment's id: that of the attempt before where it was for the very same, and did not end."""
        if self.service["attempt"].get("told") != told:
            self.service["attempt"] = {"told": told, "deployment": deployment, "ids": {}}
            self.write()
        return str(self.service["attempt"]["deployment"])

    def done(self, version: Version) -> None:
        made = {"id": version.id, "url": version.url, "details": dict(version.details)}
        others = [one for one in self.service["versions"] if one["id"] != version.id]
        self.service["versions"] = [made, *others][:_VERSIONS_KEPT]
        self.service["attempt"] = {}
        self.write()

    def write(self) -> None:
        """Whole or not at all."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        content = json.dumps(self.kept, indent=2, sort_keys=True)
        descriptor, scratch = tempfile.mkstemp(dir=self.path.parent, prefix=".state-")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"{content}\n")
            file.flush()
            os.fsync(file.fileno())
        Path(scratch).replace(self.path)


@dataclass(frozen=True, slots=True)
class _Ids:
    state: State
    kept: dict[str, str]

    def get(self, name: str) -> str:
        return self.kept.get(name, "")

    def put(self, **ids: str) -> None:
        self.kept.update(ids)
        self.state.write()
