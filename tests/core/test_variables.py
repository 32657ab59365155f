"""Variables: found everywhere, never expanded into anything that is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.variables import expand, references
from tests.core.projects import SMALLEST, check, fixture, report


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("$NAME", ["NAME"]),
        ("${NAME}", ["NAME"]),
        ("Bearer ${A} and $B", ["A", "B"]),
        ("${lower}", ["lower"]),
        ("$lower", []),
        ("$1 $ARGUMENTS", ["ARGUMENTS"]),
        ("$$NAME", []),
        ("${{dexto.agent_dir}}", []),
        ("${A:-default}", ["A"]),
        ("a$", []),
    ],
)
def test_references_are_found(text: str, names: list[str]) -> None:
    assert [one.name for one in references(text)] == names


def test_values_are_put_in_only_where_asked() -> None:
    assert expand("Bearer ${A}, $$5, ${B:-b}", lambda name: {"A": "x"}.get(name)) == "Bearer x, $5, b"


def test_an_unset_variable_has_a_name() -> None:
    with pytest.raises(KeyError, match="MISSING"):
        expand("$MISSING", lambda _: None)


@given(st.text(alphabet="${}AB:-a ", max_size=30))
def test_what_expands_is_what_was_found(text: str) -> None:
    asked: set[str] = set()

    def value_of(name: str) -> str:
        asked.add(name)
        return ""

    expand(text, value_of)
    assert asked == {one.name for one in references(text)}


def test_required_variables_say_where_and_for_what() -> None:
    required = {one.name: one for one in report(fixture("plan")).required}
    assert required["CDN_TOKEN"].position.line == 20
    assert required["CDN_TOKEN"].purpose == "dataSources.cdn.headers.Authorization"
    assert required["CLOUDFLARE_ACCOUNT_ID"].position.file == "dexto.config.ts"


def test_what_is_switched_off_or_has_a_default_is_not_required() -> None:
    text = SMALLEST + (
        "mcpServers:\n  a: {type: http, url: $A_URL, enabled: false}\n  b: {type: http, url: '${B:-http://b.example}'}\n"
    )
    assert [one.name for one in check(text).required] == ["OPENAI_API_KEY"]


def test_prompts_and_greetings_are_not_searched() -> None:
    text = SMALLEST + "greeting: Pay $PRICE\nprompts:\n  - {type: inline, id: a, prompt: 'Use $ARGUMENTS'}\n"
    assert [one.name for one in check(text).required] == ["OPENAI_API_KEY"]


def test_the_providers_own_key_is_required_when_none_is_written() -> None:
    text = "systemPrompt: x\nllm: {provider: google, model: gemini}\n"
    assert [one.name for one in check(text).required] == ["GOOGLE_GENERATIVE_AI_API_KEY"]


def test_the_report_holds_names_and_the_document_holds_no_value() -> None:
    found = report(fixture("plan"), known_variables=frozenset({"CDN_TOKEN"}))
    document = found.agents[0].document
    assert document is not None
    assert document.get(("dataSources", "cdn", "headers", "Authorization")) == "Bearer ${CDN_TOKEN}"
    assert "missing_variable" in [one.code for one in found.findings]
