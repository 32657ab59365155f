"""Vercel as its description and its official client have it, on a socket of this machine."""

from __future__ import annotations

import json
import re
from hashlib import sha1
from pathlib import Path
from typing import Any

from builds.bundlers.vercel import OUTPUT
from tests.fakes.openapi_judge import judge_of
from tests.fakes.vendor import Agent, Answer, Asked, Vendor
from tests.fakes.vercel.world import CNAME, Deployment, Project, ProjectDomain, new_id, now_ms, refused

#: What `vercel deploy` sends and the description leaves out: `--env`, `--build-env`, `--skip-domain`.
_UNDESCRIBED = {"env", "build", "version", "source", "autoAssignCustomDomains", "regions"}
_RESERVED = {"TZ", "NOW_REGION", "AWS_LAMBDA_FUNCTION_NAME", "LAMBDA_TASK_ROOT"}


def _described(body: Any) -> Any:
    kept = {name: value for name, value in body.items() if name not in _UNDESCRIBED}
    return {**kept, "files": [{name: one[name] for name in one if name != "mode"} for one in body.get("files", [])]}


class VercelFake(Vendor):
    """`tokens` are who may ask; `ready_dns` the hostnames whose records are set; `team` the token's, if it has one."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.tokens = {"vercel-token"}
        self.team = ""
        self.role = "OWNER"
        self.projects: dict[str, Project] = {}
        self.deployments: dict[str, Deployment] = {}
        self.domains: dict[str, ProjectDomain] = {}
        self.ready_dns: set[str] = set()
        self.files: dict[str, bytes] = {}
        self.uploaded_bytes = 0
        self.stays_in: str = ""  # the state that no deployment leaves, as when Vercel is slow
        self.fails_with: str = ""  # why a deployment ends in ERROR
        judge = judge_of("vercel", {"POST /v13/deployments": _described})
        self.judges = [judge] if judge else []
        self._serve_projects()
        self._serve_deployments()
        self._serve_domains()

    def _serve_projects(self) -> None:
        self.route("GET", "/v2/user", lambda _: Answer({"user": {"id": "u1", "username": "tester"}}))
        self.route("GET", "/v2/teams/{teamId}", lambda _: Answer(self._team()))
        self.route("POST", "/v11/projects", self._create_project)
        self.route("GET", "/v9/projects/{idOrName}", self._look_at_project)
        self.route("PATCH", "/v9/projects/{idOrName}", self._change_project)
        self.route("DELETE", "/v9/projects/{idOrName}", self._delete_project)
        self.route("POST", "/v10/projects/{projectId}/promote/{deploymentId}", self._promote)
        self.route("POST", "/v1/projects/{projectId}/rollback/{deploymentId}", self._roll_back)

    def _serve_deployments(self) -> None:
        self.route("POST", "/v2/files", self._upload)
        self.route("POST", "/v13/deployments", self._deploy)
        self.route("GET", "/v13/deployments/{idOrUrl}", self._look_at_deployment)
        self.route("DELETE", "/v13/deployments/{id}", self._delete_deployment)
        self.route("GET", "/v6/deployments", self._deployments)
        self.route("GET", "/v1/projects/{projectId}/deployments/{deploymentId}/runtime-logs", self._log)

    def _serve_domains(self) -> None:
        self.route("POST", "/v10/projects/{idOrName}/domains", self._add_domain)
        self.route("GET", "/v9/projects/{idOrName}/domains/{domain}", self._look_at_domain)
        self.route("DELETE", "/v9/projects/{idOrName}/domains/{domain}", self._remove_domain)
        self.route("POST", "/v9/projects/{idOrName}/domains/{domain}/verify", self._verify_domain)
        self.route("GET", "/v6/domains/{domain}/config", self._routing)

    def admit(self, asked: Asked) -> None:
        if asked.bearer not in self.tokens:
            raise refused(403, "forbidden", "Not authorized", invalidToken=True)
        if asked.query.get("teamId", "") != self.team:
            raise refused(403, "forbidden", "You don't have permission to access this team.")

    def fault_content(self, status: int) -> Any:
        return {"error": {"code": f"injected_{status}", "message": "injected"}}

    def agent_at(self, hostname: str) -> Agent | None:
        found = self._deployment_at(hostname)
        return found.running() if found else None

    def close(self) -> None:
        for deployment in self.deployments.values():
            deployment.stop()

    def _deployment_at(self, hostname: str) -> Deployment | None:
        """A deployment's own address is behind Vercel's login, unless the project says otherwise."""
        with self.lock:
            for one in self.deployments.values():
                if one.url == hostname:
                    return one if self._project(one.project).protection is None else None
            for project in self.projects.values():
                domain = self.domains.get(hostname)
                is_own = hostname == f"{project.name}.vercel.app"
                is_attached = domain and domain.project == project.id and domain.is_verified
                if is_own or (is_attached and hostname in self.ready_dns):
                    return project.production
        return None

    def _team(self) -> dict[str, Any]:
        return {"id": self.team, "slug": "acme", "name": "Acme", "membership": {"role": self.role}}

    def _project(self, id_or_name: str) -> Project:
        for project in self.projects.values():
            if id_or_name in (project.id, project.name):
                return project
        raise refused(404, "not_found", "Project not found")

    def _create_project(self, asked: Asked) -> Answer:
        body = asked.json
        if not re.fullmatch(r"(?!.*---)[a-z0-9._-]{1,100}", body["name"]):
            raise refused(400, "bad_request", "Project names are lower case, with '.', '_' and '-', without '---'")
        if any(project.name == body["name"] for project in self.projects.values()):
            raise refused(409, "conflict", f"Project {body['name']} already exists")
        protection = body.get("ssoProtection", {"deploymentType": "all_except_custom_domains"})
        return Answer(self.made_project(body["name"], body.get("environmentVariables", []), protection).shown())

    def made_project(self, name: str, variables: list[dict[str, Any]], protection: dict[str, str] | None) -> Project:
        kept = [{"id": new_id("env"), **one} for one in variables]
        project = Project(new_id("prj"), name, kept, protection)
        self.projects[project.id] = project
        return project

    def _look_at_project(self, asked: Asked) -> Answer:
        project = self._project(asked.parameters["idOrName"])
        shown = project.shown()
        project.arrive()
        return Answer(shown)

    def _change_project(self, asked: Asked) -> Answer:
        project = self._project(asked.parameters["idOrName"])
        project.assigns_by_itself = asked.json.get("autoAssignCustomDomains", project.assigns_by_itself)
        return Answer(project.shown())

    def _delete_project(self, asked: Asked) -> Answer:
        project = self._project(asked.parameters["idOrName"])
        for one in self._of(project):
            self.deployments.pop(one.id).stop()
        self.domains = {name: one for name, one in self.domains.items() if one.project != project.id}
        del self.projects[project.id]
        return Answer(status=204)

    def _promote(self, asked: Asked) -> Answer:
        project, deployment = self._named(asked)
        if deployment.state != "READY" or deployment.target != "production":
            raise refused(400, "bad_request", "Only a deployment for production that is ready can be promoted")
        project.point("promote", deployment)
        return Answer(status=202)

    def _roll_back(self, asked: Asked) -> Answer:
        project, deployment = self._named(asked)
        if not deployment.was_promoted:
            raise refused(400, "bad_request", "This deployment never served production")
        project.point("rollback", deployment)
        return Answer(status=201)

    def _named(self, asked: Asked) -> tuple[Project, Deployment]:
        project = self._project(asked.parameters["projectId"])
        if project.moving:
            raise refused(409, "conflict", "Another move is in progress")
        return project, self._deployment(asked.parameters["deploymentId"])

    def _upload(self, asked: Asked) -> Answer:
        digest = asked.headers.get("x-vercel-digest") or asked.headers.get("x-now-digest", "")
        if sha1(asked.body, usedforsecurity=False).hexdigest() != digest:
            raise refused(400, "invalid_digest", "Digest is not valid")
        self.files[digest] = asked.body
        self.uploaded_bytes += len(asked.body)
        return Answer({"urls": []})

    def _deploy(self, asked: Asked) -> Answer:
        body = asked.json
        missing = sorted({one["sha"] for one in body["files"]} - set(self.files))
        if missing:
            raise refused(400, "missing_files", "Missing files", missing=missing)
        project = self._project_of(body)
        variables = {**_given_by(project), **body.get("env", {})}
        if reserved := _RESERVED & set(variables):
            raise refused(400, "env_reserved", f"{min(reserved)} is reserved")
        files = {one["file"]: self.files[one["sha"]] for one in body["files"]}
        output = json.loads(files.get(f"{OUTPUT}/config.json", b"{}"))
        if asked.query.get("prebuilt") != "1" or output.get("version") != 3:
            raise refused(400, "bad_request", "No Build Output of version 3")
        id_ = new_id("dpl")
        url = f"{project.name[:40].rstrip('-')}-{id_[-9:]}-tester.vercel.app"
        deployment = Deployment(
            id_, project.id, url, body.get("target"), files, variables, body.get("meta", {}), self.folder
        )
        self.deployments[id_] = deployment
        return Answer(deployment.shown())

    def _project_of(self, body: dict[str, Any]) -> Project:
        """Who names none that is there gets one, with Vercel's usual protection."""
        wanted = body.get("project") or body["name"]
        known = [project for project in self.projects.values() if wanted in (project.id, project.name)]
        return known[0] if known else self.made_project(wanted, [], {"deploymentType": "all_except_custom_domains"})

    def _deployment(self, id_or_url: str) -> Deployment:
        for one in self.deployments.values():
            if id_or_url in (one.id, one.url):
                return one
        raise refused(404, "not_found", "The deployment could not be found")

    def _of(self, project: Project) -> list[Deployment]:
        return [one for one in self.deployments.values() if one.project == project.id]

    def _look_at_deployment(self, asked: Asked) -> Answer:
        deployment = self._deployment(asked.parameters["idOrUrl"])
        if deployment.state != self.stays_in:
            deployment.step(self.fails_with)
        project = self._project(deployment.project)
        is_first_look = deployment.state == "READY" and not deployment.was_promoted
        if is_first_look and project.assigns_by_itself and deployment.target == "production":
            project.serve(deployment)
        return Answer(deployment.shown())

    def _delete_deployment(self, asked: Asked) -> Answer:
        deployment = self._deployment(asked.parameters["id"])
        deployment.stop()
        del self.deployments[deployment.id]
        project = self._project(deployment.project)
        if project.production is deployment:
            project.production = None
        return Answer({"uid": deployment.id, "state": "DELETED"})

    def _deployments(self, asked: Asked) -> Answer:
        found = sorted(self._of(self._project(asked.query["projectId"])), key=lambda one: -one.created)
        shown = [{name: one.shown()[name] for name in _LISTED if name in one.shown()} for one in found]
        return Answer({"deployments": shown, "pagination": {"count": len(shown), "next": None, "prev": None}})

    def _log(self, asked: Asked) -> Answer:
        deployment = self._deployment(asked.parameters["deploymentId"])
        said = deployment.agent.log.splitlines() if deployment.agent else []
        rows = [self._row(deployment, f"row{number}", line) for number, line in enumerate(["", *said])]
        text = "".join(json.dumps(row) + "\n" for row in rows)
        return Answer(text.encode(), headers={"Content-Type": "application/stream+json"})

    def _row(self, deployment: Deployment, id_: str, message: str) -> dict[str, Any]:
        return {
            "level": "info",
            "message": message,
            "rowId": id_,
            "source": "serverless" if message else "request",
            "timestampInMs": now_ms(),
            "domain": deployment.url,
            "messageTruncated": False,
            "requestMethod": "GET",
            "requestPath": "/health",
            "responseStatusCode": 200,
        }

    def _add_domain(self, asked: Asked) -> Answer:
        project, name = self._project(asked.parameters["idOrName"]), asked.json["name"]
        if name in self.domains:
            raise refused(409, "domain_already_in_use", f"Cannot add {name} since it's already in use")
        self.domains[name] = ProjectDomain(name, project.id)
        return Answer(self.domains[name].shown())

    def _domain(self, asked: Asked) -> ProjectDomain:
        project = self._project(asked.parameters["idOrName"])
        domain = self.domains.get(asked.parameters["domain"])
        if domain is None or domain.project != project.id:
            raise refused(404, "not_found", "The domain is not found")
        return domain

    def _look_at_domain(self, asked: Asked) -> Answer:
        return Answer(self._domain(asked).shown())

    def _remove_domain(self, asked: Asked) -> Answer:
        del self.domains[self._domain(asked).name]
        return Answer({})

    def _verify_domain(self, asked: Asked) -> Answer:
        domain = self._domain(asked)
        if domain.name not in self.ready_dns:
            raise refused(400, "missing_txt_record", f"Domain {domain.name} is missing its TXT record")
        domain.is_verified = True
        return Answer(domain.shown())

    def _routing(self, asked: Asked) -> Answer:
        is_ready = asked.parameters["domain"] in self.ready_dns
        return Answer(
            {
                "configuredBy": "CNAME" if is_ready else None,
                "acceptedChallenges": ["http-01"] if is_ready else [],
                "recommendedIPv4": [{"rank": 2, "value": ["76.76.21.22"]}, {"rank": 1, "value": ["76.76.21.21"]}],
                "recommendedCNAME": [{"rank": 1, "value": CNAME}],
                "misconfigured": not is_ready,
            }
        )


def _given_by(project: Project) -> dict[str, str]:
    return {one["key"]: one["value"] for one in project.variables if "production" in one["target"]}


_LISTED = (
    "uid",
    "name",
    "projectId",
    "url",
    "created",
    "createdAt",
    "state",
    "readyState",
    "type",
    "creator",
    "meta",
    "target",
    "inspectorUrl",
    "readySubstate",
)
