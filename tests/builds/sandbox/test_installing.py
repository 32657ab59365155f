"""npm installs in the sandbox, from the registry alone, and a package's own script reaches nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from builds.node_program import node_program
from builds.sandbox.contract import Limits, Network, Sandbox, Specification
from builds.sandbox.egress_rules import EgressRules, places
from builds.sandbox.network import Registries
from clients.addresses import AddressPolicy
from tests.builds.sandbox.npm_registry import registry

PACKAGE = node_program().parents[1]
NPM = PACKAGE / "lib/node_modules/npm/bin/npm-cli.js"


def test_npm_installs_from_the_registry(sandbox: Sandbox, folder: Path, tmp_path: Path) -> None:
    script = "fetch('https://example.com').then(() => console.error('REACHED'), () => console.error('REFUSED'))"
    manifest = {"name": "one", "dependencies": {"greeting": "1.0.0"}, "scripts": {"postinstall": f'node -e "{script}"'}}
    (folder / "package.json").write_text(json.dumps(manifest))
    lines: list[str] = []
    with registry(tmp_path) as found:
        certificate = folder / "ca.pem"
        certificate.write_bytes(found.certificate.read_bytes())
        policy = AddressPolicy(public_only=True, resolver=lambda _host, _port: ["127.0.0.1"])
        rules = EgressRules(frozenset(), places([f"registry.test:{found.port}"]), policy)
        connected = replace(sandbox, registries=Registries(rules, node_program()))  # type: ignore[type-var]
        node_first = f"{node_program().parent}:/usr/bin:/bin"
        done = connected.run(
            Specification(
                (str(node_program()), str(NPM), "install", "--no-audit", "--no-fund", "--foreground-scripts"),
                folder,
                Limits(),
                readable=(PACKAGE,),
                environment={
                    "PATH": node_first,
                    "npm_config_registry": found.url,
                    "npm_config_update_notifier": "false",
                    "NODE_EXTRA_CA_CERTS": str(certificate),
                },
                network=Network.REGISTRIES,
            ),
            check=lambda: None,
            line=lines.append,
        )
    assert done.ok, (lines, done.output)
    assert (folder / "node_modules/greeting/index.js").read_text() == "module.exports = 'hello'"
    assert any(line.startswith("REFUSED") for line in lines)
    assert any("example.com:443 is not among the hosts" in line for line in lines)
