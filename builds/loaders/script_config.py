"""Reads dexto.config.ts, .js or .mjs as data. It is never run: what is not a literal has no value here.

Understood: `export default {…}`, `export default defineConfig({…})`, `module.exports = {…}`, a constant of
the same file, strings, templates, numbers, true, false, null, arrays, objects, `process.env.NAME` (which
becomes `${NAME}`) with `?? "default"`, and TypeScript's `as`, `satisfies` and `!`.
"""

from dataclasses import dataclass, field
from itertools import islice

from builds.loaders.script_tokens import Kind, Token, tokens
from builds.loaders.script_values import OPAQUE, number, template, text
from core.document import Data, Document, Path, Place, Reading, is_list, is_mapping
from core.findings import Finding, Position, Severity, at
from core.text import decode

_MAX_DEPTH = 64
#: Some thousand lines; more of them is a program and no configuration.
_MAX_TOKENS = 20_000
#: Constants may name constants: without a bound a few lines could grow to billions of values.
_MAX_VALUES = 20_000
_OPEN, _CLOSE = frozenset("{[("), frozenset("}])")
_CONSTANTS: dict[str, Data] = {"true": True, "false": False, "null": None, "undefined": None}


def read_script(content: bytes, file: str) -> Reading:
    """The object that the script exports. Only `deployments` must be literal in it."""
    source = decode(content, file)
    if isinstance(source, Finding):
        return Reading(None, (source,))
    stream = list(islice(tokens(source), _MAX_TOKENS))
    if stream[-1].kind is not Kind.END:
        return Reading(None, (_too_long(file, stream[-1]),))
    reader = _Reader(stream)
    reader.exported()
    if not is_mapping(reader.root):
        return Reading(None, (_no_object(file),))
    opaque = tuple(_not_literal(file, path, reader.values) for path in _opaque(reader.root, ()))
    data = {key: value for key, value in reader.root.items() if value is not OPAQUE}
    return Reading(Document(file, data, reader.values, reader.keys), opaque)


@dataclass(slots=True)
class _Reader:
    """A reader of expressions by recursive descent; whatever it cannot read is skipped in balance."""

    stream: list[Token]
    index: int = 0
    depth: int = 0
    read: int = 0
    root: Data = OPAQUE
    constants: dict[str, int] | None = None
    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)

    @property
    def here(self) -> Token:
        return self.stream[min(self.index, len(self.stream) - 1)]

    def exported(self) -> None:
        """Goes to what is exported and reads it."""
        start = self._after("export", "default") or self._after("module", ".", "exports", "=")
        if start is not None:
            self.index = start
            self.root = self.value(())

    def value(self, path: Path) -> Data:
        """One expression, and what TypeScript puts behind it."""
        start = self.index
        self.values.setdefault(path, (self.here.line, self.here.column))
        self.depth += 1
        self.read += 1
        found = OPAQUE if self.depth > _MAX_DEPTH or self.read > _MAX_VALUES else self._primary(path)
        self.depth -= 1
        found = self._suffix(found)
        if found is OPAQUE or not self._at_end():
            self.index = start
            self._skip()
            return OPAQUE
        return found

    def _primary(self, path: Path) -> Data:
        token = self.here
        self.index += 1
        if token.kind is Kind.TEXT:
            return text(token.text)
        if token.kind is Kind.TEMPLATE:
            return template(token.text)
        if token.kind is Kind.NUMBER:
            return number(token.text)
        if token.kind is Kind.NAME:
            return self._name(token, path)
        return self._marked(token, path)

    def _marked(self, token: Token, path: Path) -> Data:
        if token.text == "{":
            return self._object(path)
        if token.text == "[":
            return self._array(path)
        if token.text == "-" and self.here.kind is Kind.NUMBER:
            self.index += 1
            return number(f"-{self.stream[self.index - 1].text}")
        return OPAQUE

    def _name(self, token: Token, path: Path) -> Data:
        if token.text in _CONSTANTS:
            return _CONSTANTS[token.text]
        if token.text == "process":
            return self._environment()
        if self.here.text == "(":
            return self._call(path)
        return self._declared(token.text, path)

    def _environment(self) -> Data:
        """process.env.NAME or process.env["NAME"], and a default."""
        marks = [token.text for token in self.stream[self.index : self.index + 5]]
        if marks[:3] == [".", "env", "."] and len(marks) > 3:
            name, length = marks[3], 4
        elif marks[:3] == [".", "env", "["] and len(marks) == 5 and marks[4] == "]":
            name, length = str(text(marks[3])), 5
        else:
            return OPAQUE
        self.index += length
        return f"${{{name}{self._default()}}}"

    def _default(self) -> str:
        following = self.stream[self.index + 1 : self.index + 2]
        if self.here.text in ("??", "||") and following and following[0].kind is Kind.TEXT:
            self.index += 2
            return f":-{text(following[0].text)}"
        return ""

    def _call(self, path: Path) -> Data:
        """A helper such as defineConfig gives back what it is given."""
        self.index += 1
        found = self.value(path)
        if self.here.text != ")":
            return OPAQUE
        self.index += 1
        return found

    def _declared(self, name: str, path: Path) -> Data:
        """A constant of the same file. It is read where it stands: positions are those of its literal."""
        back = self.index
        start = self._constants().get(name)
        if start is None:
            return OPAQUE
        self.index = start
        while self.here.text not in ("=", ";") and self.here.kind is not Kind.END:
            self.index += 1
        self.index += 1
        self.values.pop(path, None)
        found = self.value(path)
        self.index = back
        return found

    def _constants(self) -> dict[str, int]:
        """Where each constant's declaration goes on after its name."""
        if self.constants is None:
            pairs = enumerate(zip(self.stream, self.stream[1:], strict=False))
            self.constants = {name.text: at + 2 for at, (word, name) in pairs if word.text == "const"}
        return self.constants

    def _object(self, path: Path) -> Data:
        found: dict[str, Data] = {}
        while self.here.text != "}":
            if self.here.kind is Kind.END:
                return OPAQUE
            self._entry(found, path)
            if self.here.text == ",":
                self.index += 1
        self.index += 1
        return found

    def _entry(self, found: dict[str, Data], path: Path) -> None:
        token = self.here
        key = text(token.text) if token.kind is Kind.TEXT else token.text
        following = self.stream[self.index + 1].text if self.index + 1 < len(self.stream) else ""
        place = (*path, str(key))
        self.keys.setdefault(place, (token.line, token.column))
        if token.kind in (Kind.NAME, Kind.TEXT, Kind.NUMBER) and following == ":":
            self.index += 2
            found[str(key)] = self.value(place)
        elif token.kind is Kind.NAME and following in (",", "}"):
            found[token.text] = self.value(place)
        else:
            # A method, a spread or a computed key: its name, if it has one, has no value.
            found[str(key)] = OPAQUE
            self.values.setdefault(place, (token.line, token.column))
            self._skip()

    def _array(self, path: Path) -> Data:
        found: list[Data] = []
        while self.here.text != "]":
            if self.here.kind is Kind.END:
                return OPAQUE
            found.append(self.value((*path, len(found))))
            if self.here.text == ",":
                self.index += 1
        self.index += 1
        return found

    def _suffix(self, found: Data) -> Data:
        if self.here.text == "!":
            self.index += 1
        while self.here.text in ("as", "satisfies"):
            self.index += 1
            while not self._at_end() and self.here.text not in ("as", "satisfies"):
                self.index += 1
        return found

    def _at_end(self) -> bool:
        token = self.here
        ends = token.kind is Kind.END or token.text in (",", ";") or token.text in _CLOSE
        before = self.stream[max(self.index - 1, 0)]
        # Without semicolons a new statement begins on a new line with a word.
        return ends or (token.kind is Kind.NAME and token.line > before.line)

    def _skip(self) -> None:
        """To the end of an expression, over whatever is balanced in it; always at least one token."""
        start, depth = self.index, 0
        while self.here.kind is not Kind.END:
            mark = self.here.text
            if depth == 0 and self.index > start and (mark in (",", ";") or mark in _CLOSE):
                return
            depth += (mark in _OPEN) - (mark in _CLOSE)
            self.index += 1

    def _after(self, *words: str) -> int | None:
        for index in range(len(self.stream) - len(words)):
            if all(self.stream[index + offset].text == word for offset, word in enumerate(words)):
                return index + len(words)
        return None


def _opaque(node: Data, path: Path) -> list[Path]:
    """Paths below `deployments` that have no value."""
    if node is OPAQUE:
        return [path]
    if is_mapping(node):
        wanted = node.items() if path else [(k, v) for k, v in node.items() if k == "deployments"]
        return [found for key, value in wanted for found in _opaque(value, (*path, key))]
    if is_list(node):
        return [found for index, value in enumerate(node) for found in _opaque(value, (*path, index))]
    return []


def _not_literal(file: str, path: Path, values: dict[Path, Place]) -> Finding:
    return at(
        Position(file, *values.get(path, (1, 1))),
        Severity.ERROR,
        "script_not_literal",
        "This value is computed; the platform reads the file without running it",
        next_step="Write the value itself, process.env.NAME, or use deployment.yml.",
    )


def _too_long(file: str, last: Token) -> Finding:
    return at(
        Position(file, last.line, last.column),
        Severity.WARNING,
        "script_unreadable",
        f"The file is too long to be read without running it: here end the first {_MAX_TOKENS:,} words",
        next_step="Declare deployments in deployment.yml.",
    )


def _no_object(file: str) -> Finding:
    return at(
        Position(file, 1, 1),
        Severity.WARNING,
        "script_unreadable",
        "No exported object was found that can be read without running the file",
        next_step="Write `export default { … }`, or declare deployments in deployment.yml.",
    )
