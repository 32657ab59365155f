"""The whole of the fake: one account, its token, its routes, and its edge."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.fakes.cloudflare.description import judge
from tests.fakes.cloudflare.domains import Domains
from tests.fakes.cloudflare.envelope import ROOT, failed, listed, ok, refused
from tests.fakes.cloudflare.objects import Objects
from tests.fakes.cloudflare.scripts import Scripts
from tests.fakes.cloudflare.tails import Tails
from tests.fakes.vendor import Agent, Answer, Asked, RefusalError, Vendor


class CloudflareFake(Vendor):
    """`subdomain` is the account's below workers.dev."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.token = f"token-{uuid4().hex}"
        self.token_id, self.account, self.subdomain = uuid4().hex, uuid4().hex, "acme"
        self.is_revoked = False
        self.refuses: set[str] = set()  # parts of paths that the token may not ask
        self.objects = Objects(folder / "buckets", self.token_id, self.token)
        self.scripts = Scripts(folder / "scripts", self.objects.folder, self.objects.has)
        self.namespaces: dict[str, Scripts] = {}
        self.domains = Domains(self.account, {uuid4().hex: "example.org"})
        self.tails = Tails()
        self._folder = folder
        self._log_read: dict[str, int] = {}
        self.judges.append(judge)
        self._register()

    def admit(self, asked: Asked) -> None:
        if not asked.path.startswith(ROOT):
            if self.is_revoked:
                raise RefusalError(
                    403, b"<Error><Code>AccessDenied</Code></Error>", {"Content-Type": "application/xml"}
                )
            return
        if self.is_revoked or asked.bearer != self.token:
            if asked.path.endswith("/verify"):
                raise refused(401, 1000, "Invalid API Token")
            raise refused(403, 9109, "Invalid access token")
        if any(part in asked.path for part in self.refuses) or asked.parameters.get("account") not in (
            None,
            self.account,
        ):
            raise refused(403, 10000, "Authentication error")

    def fault_content(self, status: int) -> Any:
        return failed(10000, f"injected {status}")

    def not_found(self, asked: Asked) -> Answer:
        return Answer(failed(7003, f"Could not route to {asked.path}, perhaps your object identifier is invalid?"), 404)

    def agent_for(self, hostname: str, asked: Asked) -> Agent | None:
        with self.lock:
            scripts, name = self._at(hostname)
            return scripts.agent(name, asked) if name else None

    def served(self, hostname: str, asked: Asked, answer: Answer) -> None:
        _scripts, name = self._at(hostname)
        script = self.scripts.by_name.get(name)
        if script and script.shares and any(tail.script == name for tail in self.tails.open.values()):
            request = {"url": f"https://{hostname}{asked.path}", "method": asked.method, "headers": {}, "cf": {}}
            self.tails.tell(name, request, answer.status, self._new_lines(script.fleet.agents.values()))

    def close(self) -> None:
        for scripts in (self.scripts, *self.namespaces.values()):
            scripts.close()
        self.tails.close()
        self.objects.close()

    def _at(self, hostname: str) -> tuple[Scripts, str]:
        own = re.fullmatch(rf"([a-z0-9_-]+)\.{self.subdomain}\.workers\.dev", hostname)
        if own:
            script = self.scripts.by_name.get(own[1])
            return self.scripts, own[1] if script and script.is_open else ""
        for scripts in self.namespaces.values():
            name = hostname.removesuffix(".agents.example.com")
            if name in scripts.by_name:
                return scripts, name
        return self.scripts, self.domains.service_at(hostname)

    def _new_lines(self, agents: Any) -> list[str]:
        found = []
        for agent in list(agents):
            lines = agent.log.splitlines()
            found += lines[self._log_read.get(agent.url, 0) :]
            self._log_read[agent.url] = len(lines)
        return found

    def _register(self) -> None:
        account, script = f"{ROOT}/accounts/{{account}}", f"{ROOT}/accounts/{{account}}/workers/scripts/{{name}}"
        zone = f"{ROOT}/zones/{{zone}}"
        for method, template, handler in (
            ("GET", f"{ROOT}/user/tokens/verify", self._verify),
            ("GET", f"{ROOT}/accounts", self._accounts),
            ("GET", f"{ROOT}/zones", self.domains.list_zones),
            ("GET", f"{account}/workers/subdomain", self._subdomain),
            ("GET", f"{account}/workers/services/{{name}}", self.scripts.service),
            ("DELETE", f"{account}/workers/services/{{name}}", self.scripts.delete),
            ("GET", f"{account}/workers/scripts", self._list_scripts),
            ("GET", f"{script}/settings", self.scripts.settings),
            ("PATCH", f"{script}/script-settings", self.scripts.patch_settings),
            ("PUT", script, self.scripts.put),
            ("DELETE", script, self.scripts.delete),
            ("GET", f"{script}/versions", self.scripts.list_versions),
            ("POST", f"{script}/versions", self.scripts.add_version),
            ("GET", f"{script}/versions/{{version}}", self.scripts.get_version),
            ("GET", f"{script}/deployments", self.scripts.deployments),
            ("POST", f"{script}/deployments", self.scripts.deploy),
            ("GET", f"{script}/subdomain", self.scripts.subdomain),
            ("POST", f"{script}/subdomain", self.scripts.subdomain),
            ("PUT", f"{script}/secrets", self.scripts.put_secret),
            ("POST", f"{script}/tails", self._tail),
            ("DELETE", f"{script}/tails/{{tail}}", self.tails.delete),
            ("GET", f"{account}/storage/kv/namespaces", lambda _asked: listed([])),
            ("GET", f"{account}/workers/domains", self.domains.list_domains),
            ("PUT", f"{account}/workers/domains", self.domains.put_domain),
            ("DELETE", f"{account}/workers/domains/{{id}}", self.domains.delete_domain),
            ("GET", f"{account}/r2/buckets", self.objects.list),
            ("POST", f"{account}/r2/buckets", self.objects.create),
            ("GET", f"{account}/r2/buckets/{{bucket}}", self.objects.get),
            ("DELETE", f"{account}/r2/buckets/{{bucket}}", self.objects.delete),
            ("GET", f"{zone}/custom_hostnames", self.domains.list_custom),
            ("GET", f"{zone}/custom_hostnames/fallback_origin", self.domains.fallback_origin),
            ("POST", f"{zone}/custom_hostnames", self.domains.create_custom),
            ("DELETE", f"{zone}/custom_hostnames/{{id}}", self.domains.delete_custom),
            ("GET", f"{zone}/workers/routes", self.domains.list_routes),
            ("POST", f"{zone}/workers/routes", self.domains.create_route),
            ("DELETE", f"{zone}/workers/routes/{{id}}", self.domains.delete_route),
        ):
            self.route(method, template, handler)
        self._register_namespaces(f"{account}/workers/dispatch/namespaces")
        for method in ("GET", "HEAD", "PUT", "DELETE"):
            self.route(method, f"{ROOT}/{{rest*}}", self._nobody)
            self.route(method, "/{bucket}", self.objects.forward)
            self.route(method, "/{bucket}/{key*}", self.objects.forward)

    def _register_namespaces(self, root: str) -> None:
        script = f"{root}/{{namespace}}/scripts/{{name}}"
        self.route("POST", root, self._create_namespace)
        self.route("GET", f"{root}/{{namespace}}", self._namespace)
        self.route("GET", script, self._dispatched)
        self.route("PUT", script, lambda asked: self._scripts_of(asked).put(asked))
        self.route("DELETE", script, lambda asked: self._scripts_of(asked).delete(asked))

    def _nobody(self, asked: Asked) -> Answer:
        """Of the API: what lies beside it is a bucket."""
        self.violations.append(f"nobody serves {asked.method} {asked.path}")
        return self.not_found(asked)

    def _verify(self, _asked: Asked) -> Answer:
        return ok({"id": self.token_id, "status": "active"})

    def _accounts(self, _asked: Asked) -> Answer:
        return listed([{"id": self.account, "name": "Acme", "type": "standard"}])

    def _subdomain(self, _asked: Asked) -> Answer:
        if not self.subdomain:
            raise refused(404, 10007, "This account has no workers.dev subdomain.")
        return ok({"subdomain": self.subdomain})

    def _list_scripts(self, _asked: Asked) -> Answer:
        return ok([one.described() for one in self.scripts.by_name.values()])

    def _tail(self, asked: Asked) -> Answer:
        self.scripts.of(asked)
        return self.tails.create(asked)

    def _create_namespace(self, asked: Asked) -> Answer:
        name = asked.json["name"]
        folder = self._folder / "namespaces" / name
        self.namespaces[name] = Scripts(folder, self.objects.folder, self.objects.has)
        return ok({"namespace_name": name})

    def _namespace(self, asked: Asked) -> Answer:
        self._scripts_of(asked)
        return ok({"namespace_name": asked.parameters["namespace"]})

    def _dispatched(self, asked: Asked) -> Answer:
        script = self._scripts_of(asked).by_name.get(asked.parameters["name"])
        if script is None:
            raise refused(404, 10092, "The Worker does not exist in the namespace.")
        return ok({"script": script.described(), "dispatch_namespace": asked.parameters["namespace"]})

    def _scripts_of(self, asked: Asked) -> Scripts:
        scripts = self.namespaces.get(asked.parameters["namespace"])
        if scripts is None:
            raise refused(404, 100119, "The dispatch namespace was not found.")
        return scripts
