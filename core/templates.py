"""`${{dexto.agent_dir}}` and `${{dexto.project_dir}}`: the folders of the agent's file and of the project.

An expansion never leaves its folder: parent steps, encoded ones too, are refused. Links are not seen here;
the loaders resolve them.
"""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import ClassVar

from core.errors import ProjectError
from core.uris import climbs, file_uri

_ANY = re.compile(r"\$\{\{([^{}]*)\}\}")
#: Stands for a template while paths are looked at.
_FOLDER = "\0"
#: What follows a template up to a blank, a quote or a list's separator is its path.
_FROM_FOLDER = re.compile(rf"{_FOLDER}[^\s\"'`,;|]*")
NAMES = ("dexto.agent_dir", "dexto.project_dir")


@dataclass(frozen=True, slots=True)
class Folders:
    """Absolute POSIX paths that the templates stand for; the agent's folder lies in the project's."""

    project: PurePosixPath
    agent: PurePosixPath
    #: Of a configuration that is not a file.
    NOWHERE: ClassVar["Folders"]

    def of(self, name: str) -> PurePosixPath:
        """The folder of a template's name."""
        return self.agent if name == "dexto.agent_dir" else self.project


Folders.NOWHERE = Folders(PurePosixPath("/"), PurePosixPath("/"))


def has_template(text: str) -> bool:
    """Whether the text holds a template, known or not."""
    return _ANY.search(text) is not None


def expand_uri(text: str, folders: Folders) -> str:
    """A field that names a resource: the template becomes `file://…`. Raises ProjectError."""
    match = _ANY.match(text)
    if match is None or len(_ANY.findall(text)) > 1:
        _check(text)
        if has_template(text):
            raise ProjectError("template_not_first", "A template in a URI stands at its beginning, once")
        return text
    _check(text)
    tail = text[match.end() :]
    if tail and not tail.startswith("/"):
        raise ProjectError("template_not_first", f'A "/" must follow {match[0]}', f"Write {match[0]}/{tail}.")
    # The tail is a URI's path already: quoting it again would make %20 into %2520.
    return file_uri(str(folders.of(_name(match)))) + re.sub(r"/{2,}", "/", tail).replace(" ", "%20")


def expand_path(text: str, folders: Folders) -> str:
    """Any other text: each template becomes a bare absolute path. Raises ProjectError."""
    _check(text)
    return _ANY.sub(lambda match: str(folders.of(_name(match))), text)


def _name(match: re.Match[str]) -> str:
    return match[1].strip()


def _check(text: str) -> None:
    for match in _ANY.finditer(text):
        if _name(match) not in NAMES:
            raise ProjectError(
                "template_unknown",
                f"There is no template {match[0][:80]}",
                "Use ${{dexto.agent_dir}} or ${{dexto.project_dir}}.",
            )
    for path in _FROM_FOLDER.findall(_ANY.sub(_FOLDER, text)):
        # A folder in the place of a further template: `..` before it would be a step by itself.
        if climbs(path.replace(_FOLDER, "/")):
            raise ProjectError(
                "path_traversal",
                f'"{path.replace(_FOLDER, "${{…}}")[:80]}" climbs out of its folder with ".."',
                "Use ${{dexto.project_dir}} for files elsewhere in the project.",
            )
