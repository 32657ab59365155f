"""dexto.config as data: what literals mean, what is never run, and that no script breaks the reader."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builds.loaders.script_config import read_script
from core.document import Reading

FILE = "dexto.config.ts"


def _read(source: str) -> Reading:
    return read_script(source.encode(), FILE)


def _value(expression: str, before: str = "") -> object:
    reading = _read(f"{before}\nexport default {{ deployments: {expression} }};")
    assert reading.findings == ()
    assert reading.document is not None
    return reading.document.get(("deployments",))


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("'text'", "text"),
        ('"with \\"quotes\\" \\u00e9 \\x41 \\n"', 'with "quotes" é A \n'),
        ('"\\ud83d\\ude00"', "\U0001f600"),
        ("`template`", "template"),
        ("`key-${process.env.REGION}`", "key-${REGION}"),
        ("1", 1),
        ("-1.5", -1.5),
        ("1_000", 1000),
        ("0x1F", 31),
        ("1e3", 1000.0),
        ("true", True),
        ("null", None),
        ("undefined", None),
        ("[1, 'a', [], {}]", [1, "a", [], {}]),
        ("{ a: 1, 'b-c': 2, 3: 4, }", {"a": 1, "b-c": 2, "3": 4}),
        ("process.env.NAME", "${NAME}"),
        ("process.env.NAME!", "${NAME}"),
        ("process.env['NAME']", "${NAME}"),
        ("process.env.NAME ?? 'x'", "${NAME:-x}"),
        ("process.env.NAME || 'x'", "${NAME:-x}"),
        ("'x' as const", "x"),
        ("{ a: 1 } satisfies Thing<string>", {"a": 1}),
        ("[ // comment\n 1, /* another */ 2 ]", [1, 2]),
    ],
)
def test_literals(expression: str, value: object) -> None:
    assert _value(expression) == value


@pytest.mark.parametrize(
    "source",
    [
        "export default { deployments: [1] };",
        "export default defineConfig({ deployments: [1] })",
        "module.exports = { deployments: [1] };",
        "const config: Config = { deployments: [1] };\nexport default config;",
        "const config = { deployments: [1] }\nexport default config\nfunction f() { return {}; }",
        "const deployments = [1];\nexport default { deployments };",
        "import x from 'y';\nconst one = 1;\nexport default { deployments: [one], run() { return x; } };",
    ],
)
def test_ways_to_export(source: str) -> None:
    document = _read(source).document
    assert document is not None
    assert document.get(("deployments",)) == [1]


def test_places_are_those_of_the_script() -> None:
    document = _read("export default {\n  deployments: [\n    { name: 'a' },\n  ],\n};").document
    assert document is not None
    assert document.at(("deployments", 0, "name")).line == 3
    assert document.at(("deployments", 0, "name")).column == 13


@pytest.mark.parametrize(
    "expression",
    [
        "make()",
        "a + b",
        "`x-${y}`",
        "[...others]",
        "cond ? 1 : 2",
        "new Thing()",
        "() => 1",
        "unknown",
        "{ ...x }",
    ],
)
def test_what_is_computed_has_no_value(expression: str) -> None:
    reading = _read(f"export default {{\n  image: build(),\n  deployments: {expression},\n}};")
    assert [(one.code, one.line) for one in reading.findings] == [("script_not_literal", 3)]


def test_nothing_is_run() -> None:
    reading = _read("process.exit(1); throw new Error(); export default { deployments: [] };")
    assert reading.document is not None


HOSTILE = {
    "open quotes": '\\"' * 250_000,
    "open templates": "\\`" * 250_000,
    "open comments": "/*" * 500_000,
    "deep": "export default " + "{a:" * 300_000,
    "deep lists": "export default { deployments: " + "[" * 900_000,
    "constants of constants": "".join(f"const a{n} = [{f'a{n + 1},' * 9}];\n" for n in range(40))
    + "const a40 = 1; export default { deployments: a0 };",
    "a constant of itself": "const a = a; export default { deployments: a };",
    "many constants": "".join(f"const c{n} = {n};\n" for n in range(20_000))
    + "export default { deployments: ["
    + "".join(f"c{n}," for n in range(20_000))
    + "] };",
    "many failures": "export default { deployments: [" + "f(x)," * 100_000 + "] };",
    "nested failures": "export default { deployments: " + "[f(" * 200 + ")]" * 200 + "};",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_script_is_read_soon(name: str) -> None:
    started = time.perf_counter()
    reading = _read(HOSTILE[name])
    assert time.perf_counter() - started < 5
    assert reading.findings


WORDS = "export default |{|}|[|]|(|)|,|:|'a'|`|\"|x|1|...|=>|const x = |process.env.A|??|as|\n|/*|//|-"


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS.split("|"))).map("".join))
def test_no_script_breaks_the_reader(source: str) -> None:
    reading = _read(source)
    assert reading.document is not None or reading.findings
