"""One case per code that a project can cause: its files, the finding's place, and the targets concerned."""

from dataclasses import dataclass, field

from core.targets import Target
from tests.core.projects import SMALLEST

ALL = tuple(Target)
CLOUDFLARE, LAMBDA, VERCEL, NODEJS = Target.CLOUDFLARE, Target.LAMBDA, Target.VERCEL, Target.NODEJS


@dataclass(frozen=True)
class Case:
    """Files of a repository, and the one finding that they must cause."""

    code: str
    files: dict[str, str | bytes]
    line: int
    file: str = "agent.yml"
    severity: str = "error"
    targets: tuple[Target, ...] = ALL
    concerned: tuple[Target, ...] = ()
    known: frozenset[str] | None = field(default=None)


def agent(more: str, **files: str | bytes) -> dict[str, str | bytes]:
    """The smallest agent (5 lines), and more from line 6 on."""
    return {"agent.yml": SMALLEST + more} | files


def _sources(more: str) -> str:
    return "dataSources:\n  fs: {type: fs}\n" + more


REGISTRY = '{"agents": [{"id": "a", "name": "A", "description": "", "configPath": "a.yml"}%s]%s}'
MCP_STDIO = "mcpServers:\n  files: {type: stdio, command: npx}\n"
STORAGE = "storage:\n  cache: {type: in-memory}\n  database: {type: sqlite}\n  blob: {type: in-memory}\n"

CASES = (
    # Finding the project
    Case("no_agent_project", {"README.md": "x"}, 0, file="."),
    Case("several_projects", {"a/agent.yml": SMALLEST, "b/agent.yml": SMALLEST}, 0, file=""),
    Case("project_below_root", {"a/agent.yml": SMALLEST}, 0, file="a", severity="info"),
    Case("no_agent", {"dexto.config.ts": "export default {};"}, 0, file=""),
    Case(
        "entry_agent_unclear",
        {"dexto.config.ts": "export default {};", "agents/a.yml": SMALLEST, "agents/b.yml": SMALLEST},
        1,
        file="agents/a.yml",
    ),
    Case(
        "unknown_agent",
        {"agents/registry.json": REGISTRY % ("", ',\n"primaryAgent": "b"'), "agents/a.yml": SMALLEST},
        2,
        file="agents/registry.json",
    ),
    Case("file_not_found", {"agents/registry.json": REGISTRY % ("", "")}, 1, file="agents/registry.json"),
    Case("file_not_found", agent("prompts:\n  - type: file\n    file: missing.md\n"), 8),
    Case(
        "file_outside_project",
        agent("prompts:\n  - {type: file, file: 'file:///etc/x.md'}\n"),
        7,
        severity="warning",
    ),
    Case("file_kind", agent("prompts:\n  - {type: file, file: p.exe}\n", **{"p.exe": "x"}), 7),
    Case(
        "path_traversal",
        {"agents/registry.json": REGISTRY.replace("a.yml", "../../a.yml") % ("", "")},
        1,
        file="agents/registry.json",
    ),
    Case("path_traversal", agent("prompts:\n  - {type: file, file: ../x.md}\n"), 7),
    Case("path_traversal", agent("prompts:\n  - {type: file, file: '${{dexto.agent_dir}}/../x.md'}\n"), 7),
    # deployment.yml and dexto.config
    Case(
        "deployments_twice",
        {
            "agent.yml": SMALLEST,
            "deployment.yml": "deployments:\n  - {name: a, target: nodejs}\n",
            "dexto.config.ts": "export default { deployments: [{ name: 'b', target: 'nodejs' }] };",
        },
        1,
        file="deployment.yml",
        severity="warning",
    ),
    Case(
        "platform_mismatch",
        agent("", **{"deployment.yml": "deployments:\n  - {name: a, target: lambda, platform: fly}\n"}),
        2,
        file="deployment.yml",
    ),
    Case(
        "unknown_agent",
        agent("", **{"deployment.yml": "deployments:\n  - {name: a, target: nodejs, agent: nobody}\n"}),
        2,
        file="deployment.yml",
    ),
    Case(
        "script_not_literal",
        agent("", **{"dexto.config.ts": "export default {\n  deployments: [make()],\n};"}),
        2,
        file="dexto.config.ts",
    ),
    Case(
        "script_unreadable",
        agent("", **{"dexto.config.ts": "makeEverything();"}),
        1,
        file="dexto.config.ts",
        severity="warning",
    ),
    # Reading
    Case("file_too_large", agent("#" * 1_000_000), 6),
    Case("not_utf8", {"agent.yml": SMALLEST.encode() + b"greeting: \xff\n"}, 6),
    Case("yaml_syntax", agent("prompts: [\n"), 7),
    Case("character_not_carried", agent('greeting: "a\\0b"\n'), 6),
    Case("character_not_carried", agent('"a\\0b": 1\n'), 6),
    Case(
        "character_not_carried",
        {"agents/registry.json": '{"version": "\\ud800"}'},
        1,
        file="agents/registry.json",
    ),
    Case("yaml_several_documents", agent("---\na: 1\n"), 6),
    Case("yaml_duplicate_key", agent("llm: {}\n"), 6),
    Case("yaml_number", agent("sessions: {maxSessions: .inf}\n"), 6),
    Case("yaml_too_deep", agent("x: " + "[" * 100), 6),
    Case("yaml_too_many_nodes", agent("x: [" + "a," * 60_000 + "]"), 6),
    Case("yaml_alias", agent("x: *nothing\n"), 6),
    Case("yaml_key", agent("? [a]\n: b\n"), 6),
    Case("yaml_tag", agent("greeting: !secret x\n"), 6),
    Case("too_many_findings", agent("greeting: x\n" * 200), 106),
    Case("too_many_findings", agent("prompts:\n" + "  - {type: inline, id: a, prompt: x}\n" * 2_000), 8),
    Case("json_syntax", {"agents/registry.json": "{\n// no\n}"}, 2, file="agents/registry.json"),
    # Structure
    Case("not_a_mapping", {"agent.yml": "- a\n"}, 1),
    Case("not_a_mapping", {"agent.yml": ""}, 1),
    Case("missing_key", {"agent.yml": "systemPrompt: x\nllm:\n  provider: openai\n"}, 2),
    Case("missing_key", agent("mcpServers:\n  a: {url: 'http://x'}\n"), 7),
    Case("unknown_key", agent("promts: []\n"), 6),
    Case("wrong_type", agent("greeting: 5\n"), 6),
    Case("wrong_type", agent("mcpServers: []\n"), 6),
    Case("not_allowed_value", agent("mcpServers:\n  a: {type: htpp, url: x}\n"), 7),
    Case("not_allowed_value", agent("permissions:\n  mode: auto\n"), 7),
    Case("out_of_range", agent(f"greeting: {'x' * 501}\n"), 6),
    Case("bad_name", agent("prompts:\n  - {type: inline, id: Not Kebab, prompt: x}\n"), 7),
    Case(
        "duplicate_name",
        agent("prompts:\n  - {type: inline, id: a, prompt: x}\n  - {type: inline, id: a, prompt: y}\n"),
        8,
    ),
    Case(
        "duplicate_name",
        {
            "agents/registry.json": REGISTRY
            % (', {"id": "a", "name": "B", "description": "", "configPath": "a.yml"}', ""),
            "agents/a.yml": SMALLEST,
        },
        1,
        file="agents/registry.json",
    ),
    Case("legacy_key", agent("toolConfirmation:\n  mode: auto-approve\n"), 6, severity="warning"),
    Case("legacy_value", agent("toolConfirmation:\n  mode: event-based\n"), 7, severity="warning"),
    Case(
        "secret_in_file",
        {"agent.yml": SMALLEST.replace("$OPENAI_API_KEY", "sk-0123456789")},
        5,
        severity="warning",
    ),
    Case(
        "secret_in_file",
        agent("mcpServers:\n  a: {type: stdio, command: x, env: {API_KEY: 0123456789abc}}\n"),
        7,
        severity="warning",
    ),
    Case(
        "secret_in_file",
        agent("mcpServers:\n  a: {type: http, url: 'https://h/mcp?apiKey=0123456789abc'}\n"),
        7,
        severity="warning",
    ),
    Case(
        "secret_in_file",
        agent("mcpServers:\n  a: {type: sse, url: 'https://h', headers: {x-api-key: 01234567ab}}\n"),
        7,
        severity="warning",
    ),
    Case("missing_variable", agent(""), 5, concerned=ALL, known=frozenset({"OTHER"})),
    Case(
        "credentials_ambiguous",
        agent(
            _sources(
                "  s:\n    type: s3\n    bucket: b\n    region: r\n"
                "    credentials: {profile: p, accessKeyId: $A, secretAccessKey: $B}\n"
            )
        ),
        12,
    ),
    Case(
        "credentials_incomplete",
        agent(_sources("  s: {type: s3, bucket: b, region: r, credentials: {sessionToken: $A}}\n")),
        8,
    ),
    # Resources
    Case("uri_not_absolute", agent(_sources("prompts:\n  - {type: file, file: x.md}\n")), 9),
    Case("uri_file_not_absolute", agent("prompts:\n  - {type: file, file: 'file:x.md'}\n"), 7),
    Case("uri_invalid", agent("prompts:\n  - {type: file, file: 's3://bucket'}\n"), 7),
    Case("uri_invalid", agent("prompts:\n  - {type: file, file: 's3://${BUCKET}/x.md'}\n"), 7),
    Case("uri_invalid", agent("prompts:\n  - {type: file, file: 's3://b/" + "%25" * 9_000 + "'}\n"), 7),
    Case("template_unknown", agent("prompts:\n  - {type: file, file: '${{dexto.home}}/x.md'}\n"), 7),
    Case("template_not_first", agent("prompts:\n  - {type: file, file: 'x/${{dexto.agent_dir}}'}\n"), 7),
    Case(
        "bare_path",
        agent("prompts:\n  - {type: file, file: x.md}\n", **{"x.md": "x"}),
        7,
        severity="info",
    ),
    Case(
        "resource_unsupported_scheme",
        agent("plugins:\n  custom:\n    - {name: a, module: 'http://x/y.js', blocking: true, priority: 1}\n"),
        8,
    ),
    Case(
        "resource_unknown_data_source",
        agent(_sources("prompts:\n  - {type: file, file: 's3://b/x', dataSource: nope}\n")),
        9,
    ),
    Case(
        "resource_scheme_mismatch",
        agent(_sources("prompts:\n  - {type: file, file: 's3://b/x', dataSource: fs}\n")),
        9,
    ),
    Case(
        "resource_outside_source",
        agent(
            _sources(
                "  s: {type: s3, bucket: b, region: r}\n"
                "prompts:\n  - {type: file, file: 's3://other/x', dataSource: s}\n"
            )
        ),
        10,
    ),
    Case(
        "resource_unsupported_environment",
        agent("prompts:\n  - {type: file, file: 'file:///opt/x.md'}\n"),
        7,
        concerned=(CLOUDFLARE, LAMBDA, VERCEL),
    ),
    # Targets
    Case("stdio_mcp", agent(MCP_STDIO), 7, concerned=(CLOUDFLARE,)),
    Case("stdio_mcp", agent(MCP_STDIO), 7, severity="warning", concerned=(LAMBDA, VERCEL)),
    Case("filesystem_tools", agent("tools:\n  - type: filesystem-tools\n"), 7, concerned=(CLOUDFLARE,)),
    Case("process_tools", agent("tools:\n  - type: process-tools\n"), 7, concerned=(CLOUDFLARE,)),
    Case("process_tools", agent("internalTools: [bash_exec]\n"), 6, concerned=(CLOUDFLARE,)),
    Case(
        "scheduler_tools",
        agent("tools:\n  - type: scheduler-tools\n"),
        7,
        severity="warning",
        concerned=(CLOUDFLARE, LAMBDA, VERCEL),
    ),
    Case("local_storage", agent(STORAGE), 8, concerned=(LAMBDA, VERCEL)),
    Case("local_storage", agent(STORAGE), 8, severity="warning", concerned=(CLOUDFLARE,)),
    Case("needs_shared_store", agent(STORAGE), 7, severity="info", concerned=(LAMBDA, VERCEL)),
    Case("needs_shared_store", agent(""), 1, severity="info", concerned=(LAMBDA, VERCEL)),
    Case("memory_storage", agent(STORAGE), 7, severity="warning", concerned=(LAMBDA, VERCEL)),
    Case(
        "filesystem_resources",
        agent("resources:\n  - {type: filesystem, paths: [.]}\n"),
        7,
        severity="warning",
        concerned=(CLOUDFLARE, LAMBDA, VERCEL),
    ),
    Case(
        "log_file",
        agent("logger:\n  transports:\n    - {type: file, path: x.log}\n"),
        8,
        severity="warning",
        concerned=(CLOUDFLARE, LAMBDA, VERCEL),
    ),
    Case(
        "loopback_address",
        agent("mcpServers:\n  a: {type: http, url: 'http://localhost:3000'}\n"),
        7,
        severity="warning",
        concerned=ALL,
    ),
    Case(
        "memory_storage",
        agent("storage:\n  blob: {type: local}\n"),
        6 + 1,
        severity="warning",
        concerned=(LAMBDA, VERCEL),
    ),
    Case("memory_storage", agent(""), 1, severity="warning", concerned=(LAMBDA, VERCEL)),
    Case("filesystem_tools", agent("customTools:\n  - type: filesystem-tools\n"), 7, concerned=(CLOUDFLARE,)),
    Case("image_without_effect", agent("image: '@acme/image'\n"), 6, severity="warning", concerned=ALL),
    Case(
        "local_model",
        {"agent.yml": "systemPrompt: x\nllm:\n  provider: ollama\n  model: llama\n"},
        3,
        concerned=(CLOUDFLARE, LAMBDA, VERCEL),
    ),
    Case(
        "native_module",
        agent("", **{"package.json": '{\n"dependencies": {\n"sharp": "1"}}'}),
        3,
        file="package.json",
        concerned=(CLOUDFLARE,),
    ),
    Case(
        "native_module",
        agent("", **{"package.json": '{\n"optionalDependencies": {\n"re2": "1"}}'}),
        3,
        file="package.json",
        severity="warning",
        concerned=(LAMBDA, VERCEL),
    ),
    Case("native_module", agent("", **{"lib/fast.node": b"\x7fELF"}), 1, file="lib/fast.node", concerned=(CLOUDFLARE,)),
    Case(
        "bundle_too_large",
        agent("prompts:\n  - {type: file, file: x.md}\n", **{"x.md": b"x" * 10_000_001}),
        1,
        file="x.md",
        concerned=(CLOUDFLARE,),
    ),
)
