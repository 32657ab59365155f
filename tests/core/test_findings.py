"""Every finding that a project can cause, at its place and for its targets; every code is explained."""

import pytest

from core.codes import FINDINGS, explain, similar
from core.findings import Finding, Severity, in_reading_order
from core.inspection import MAX_FINDINGS, Report
from core.targets import Target
from core.tree import MemoryFiles
from tests.core.finding_cases import CASES, Case
from tests.core.projects import SMALLEST, check, codes, finding, report

#: Said by loaders and configuration sources, which have tests of their own.
ELSEWHERE = {
    "AGENT_NO_CONFIG_SOURCE",
    "config_invalid",
    "config_source_memory",
    "file_name_not_utf8",
    "file_unreadable",
    "resource_load_failed",
    "symlink_folder",
    "symlink_outside",
    "template_without_folder",
    "too_many_files",
}


def _report(case: Case) -> Report:
    return report(MemoryFiles.of(case.files), *case.targets, known_variables=case.known)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}-{case.severity}-{case.line}")
def test_each_problem_is_found_where_it_is(case: Case) -> None:
    found = [(one.code, one.file, one.line, one.severity, one.targets) for one in _report(case).findings]
    assert (case.code, case.file, case.line, Severity(case.severity), case.concerned) in found


def test_every_code_has_a_case() -> None:
    assert {case.code for case in CASES} | ELSEWHERE == {entry.code for table in FINDINGS for entry in table.CODES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}-{case.severity}-{case.line}")
def test_every_finding_is_explained_and_can_be_shown(case: Case) -> None:
    for one in _report(case).findings:
        assert explain(one.code)
        assert one.sentence
        assert one.as_dict()["message"] == one.sentence


def test_all_problems_are_said_at_once() -> None:
    text = (
        "llm:\n  provder: openai\n  model: 4\n  temperature: 3\n"
        "prompts:\n  - {type: file, file: 's3://b/x', dataSource: nope}\n"
        "mcpServers:\n  a: {type: htpp}\ngreting: x\n"
    )
    assert {
        "missing_key",
        "unknown_key",
        "wrong_type",
        "out_of_range",
        "resource_unknown_data_source",
        "not_allowed_value",
    } <= set(codes(check(text)))


@pytest.mark.parametrize(
    ("more", "meant"),
    [
        ("promts: []\n", "prompts"),
        ("SystemPrompt: x\n", "systemPrompt"),
        ("mcp-servers: {}\n", "mcpServers"),
        ("permissions: {mode: auto-aprove}\n", "auto-approve"),
        ("permissions: {toolPolicy: {}}\n", "toolPolicies"),
        ("mcpServers: {a: {type: http, ulr: x}}\n", "url"),
        ("mcpServers: {a: {type: stdoi, command: x}}\n", "stdio"),
        ("tools: [{type: filesystem-tool}]\n", "filesystem-tools"),
        ("sessions: {sessionTtl: 5}\n", "sessionTTL"),
        ("dataSources: {a: {type: s3, bucket: b, regoin: r}}\n", "region"),
        ("storage: {provider: custom, modul: 's3://b/x.js'}\n", "module"),
    ],
)
def test_what_was_meant_is_guessed(more: str, meant: str) -> None:
    hints = [one.next_step for one in check(SMALLEST + more).findings]
    assert f'Did you mean "{meant}"?' in hints


REFERENCES = {
    "prompts": "prompts:\n  - {type: file, file: 's3://b/x.md', dataSource: nope}\n",
    "plugins": "plugins:\n  custom:\n    - name: a\n      module: 's3://b/x.js'\n      dataSource: nope\n"
    "      blocking: true\n      priority: 1\n",
    "storage": "storage: {provider: custom, module: 's3://b/x.js', dataSource: nope}\n",
}


@pytest.mark.parametrize("text", REFERENCES.values(), ids=REFERENCES)
def test_references_are_followed_wherever_they_are(text: str) -> None:
    found = finding(check(SMALLEST + "dataSources: {cdn: {type: http, baseUrl: 'https://x'}}\n" + text), UNKNOWN)
    assert found.sentence == 'Unknown dataSource "nope". Available: cdn'


UNKNOWN = "resource_unknown_data_source"


def test_every_file_of_a_contributor_is_followed() -> None:
    text = (
        "llm: {provider: openai, model: m}\n"
        "dataSources: {s: {type: s3, bucket: b, region: r}}\n"
        "systemPrompt:\n  contributors:\n    - id: a\n      type: file\n      priority: 0\n"
        "      dataSource: s\n      files:\n        - s3://b/x.md\n        - https://x/y.md\n"
    )
    mismatch = finding(check(text), "resource_scheme_mismatch")
    assert mismatch.line == 11
    assert mismatch.sentence == ('URI scheme "https://" doesn\'t match dataSource type "s3". Expected: s3')


@pytest.mark.parametrize(
    "source",
    [
        "{type: s3, bucket: 'acme-${STAGE}', region: r}",
        "{type: s3, bucket: $BUCKET, region: r, endpoint: 'https://$ACCOUNT.example.com'}",
    ],
)
def test_a_source_with_a_variable_is_left_to_the_loader(source: str) -> None:
    text = f"dataSources: {{s: {source}}}\nprompts:\n  - {{type: file, file: 's3://acme-live/x.md', dataSource: s}}\n"
    assert check(SMALLEST + text).ok


def test_an_address_with_a_variable_is_left_to_the_loader() -> None:
    text = "dataSources: {s: {type: http, baseUrl: 'https://${HOST}/prompts'}}\n"
    text += "prompts:\n  - {type: file, file: 'https://cdn.example.com/prompts/x.md', dataSource: s}\n"
    assert check(SMALLEST + text).ok


def test_a_file_is_guessed_too() -> None:
    found = check(SMALLEST + "prompts:\n  - {type: file, file: prompts/reviw.md}\n", **{"prompts/review.md": "x"})
    assert 'Did you mean "prompts/review.md"?' in [one.next_step for one in found.findings]


def test_the_same_remark_about_several_targets_is_one_finding() -> None:
    found = check(SMALLEST + "tools:\n  - type: scheduler-tools\n", *Target)
    assert codes(found).count("scheduler_tools") == 1


def test_a_secret_is_in_no_finding() -> None:
    text = SMALLEST.replace("$OPENAI_API_KEY", "sk-very-secret") + (
        "dataSources:\n  a:\n    type: http\n    baseUrl: 'https://u:pw-secret@h/'\n"
        "    headers: {Authorization: Bearer-secret}\n"
        "logger: {transports: [{type: upstash, url: 5, token: tok-secret}]}\n"
    )
    assert "secret" not in "".join(f"{one.sentence}{one.next_step}" for one in check(text).findings).replace(
        "the secret", ""
    )


def test_what_is_computed_in_a_script_is_said_once() -> None:
    script = "export default {\n  deployments: [{ name: f(), target: T.A, config: g() }, ...others],\n};"
    found = report(MemoryFiles.of({"agent.yml": SMALLEST, "dexto.config.ts": script}))
    assert codes(found) == ["script_not_literal"] * 4


def test_a_sentence_holds_only_the_beginning_of_what_someone_wrote() -> None:
    found = check(SMALLEST + "prompts:\n  - {type: file, file: 's3://b/x', dataSource: '" + "a" * 9_000 + "'}\n")
    assert max(len(one.sentence) + len(one.next_step) for one in found.findings) < 1_000


def test_thousands_of_findings_are_cut_errors_first() -> None:
    many = "prompts:\n" + "  - {type: file, file: x.md}\n" * 2_000 + "greting: x\n"
    found = check(SMALLEST + many, **{"x.md": "x"})
    assert len(found.findings) == MAX_FINDINGS + 1
    assert not found.ok
    assert {"unknown_key", "too_many_findings"} <= set(codes(found))


def test_findings_come_in_reading_order_and_once() -> None:
    late = Finding(Severity.ERROR, "x", "s", file="a", line=2)
    early = Finding(Severity.INFO, "x", "s", file="a", line=1)
    assert in_reading_order([late, early, late]) == (early, late)


def test_codes_that_were_meant() -> None:
    assert "stdio_mcp" in similar("stdio_mpc")
    assert explain("nothing") is None
