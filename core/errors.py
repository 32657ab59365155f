"""The one tree of errors. Everything that the platform raises on purpose is a leaf of it.

    DextoError                  code, sentence, next step, place in the project
    ├── UserError               the person can mend it: shown as it is, never retried
    │   ├── ProjectError        the agent project is not as it must be
    │   ├── ResourceError       a file, object or page that the project names (the plan's five codes)
    │   ├── ConfigSourceError   a configuration cannot be loaded anew
    │   └── TimeLimitError      a step took longer than its limit
    ├── CancelledError          someone asked for the work to stop
    └── PlatformError           the platform or a service it needs failed: reported, retried
        ├── AwayError           an engine of ours does not answer: waited for, which costs no attempt
        └── ResourceUnavailableError a resource's server did not answer as it should; trying again may help

Each code is explained in `core.codes`; sentences never hold a secret's value.
"""

from typing import Self

from core.findings import Finding, Severity


class DextoError(Exception):
    """An error with a stable code, one sentence for the person, and what to do next."""

    severity = Severity.ERROR

    def __init__(self, code: str, sentence: str, next_step: str = "", file: str = "", line: int = 0) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.next_step = next_step
        self.file = file
        self.line = line

    def __str__(self) -> str:
        return self.sentence

    def __reduce__(self) -> tuple[type[Self], tuple[str, str, str, str, int]]:
        """Errors cross process borders (a worker's pool); the default would lose all but the sentence."""
        return type(self), (self.code, self.sentence, self.next_step, self.file, self.line)

    def as_finding(self) -> Finding:
        """The same, as one of the things that the build has to say."""
        return Finding(Severity.ERROR, self.code, self.sentence, self.next_step, self.file, self.line)

    def as_dict(self) -> dict[str, object]:
        """The form that the API answers."""
        return self.as_finding().as_dict()


class UserError(DextoError):
    """The person who owns the project can mend it. Never retried."""


class PlatformError(DextoError):
    """The platform, or a service that it needs, failed. Reported and retried."""


class AwayError(PlatformError):
    """An engine that the platform runs on does not answer at this moment. Waited for."""


class ProjectError(UserError):
    """The agent project is not as it must be."""


class ResourceError(UserError):
    """A resource that the project names cannot be had as it is written."""


class ConfigSourceError(UserError):
    """A configuration cannot be loaded anew from where it came."""


class ResourceUnavailableError(PlatformError):
    """A resource's server did not answer as it should; it is not the project's fault, and may pass."""


class TimeLimitError(UserError):
    """A step took longer than its limit. Not retried: it would take as long again."""


class CancelledError(DextoError):
    """Someone asked for the work to stop, and it has stopped."""
