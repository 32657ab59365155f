"""AWS on a socket of this machine: moto holds what was made, this adds what moto leaves out, and runs the functions."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from tests.fakes.aws.control_plane import ACCOUNT, REGION, directly, forget, passed_on
from tests.fakes.aws.functions import FunctionState, check_variables, conflict, gone, invalid, unzipped
from tests.fakes.vendor import Agent, Answer, Asked, RefusalError, Vendor

_FUNCTIONS = "/2015-03-31/functions"
_HOP = {"content-length", "transfer-encoding", "connection", "date", "server", "content-encoding"}
_CODES = {401: "ExpiredToken", 403: "AccessDenied", 429: "TooManyRequestsException", 503: "ServiceUnavailable"}


class AwsFake(Vendor):
    """`keys` are who may ask. `trusted` are roles that may be assumed, by their external id; `denied` what the caller's
    policies do not allow."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        forget()
        self.folder = folder
        self.keys = {"AKIATEST"}
        self.trusted: dict[str, str] = {}
        self.denied: set[str] = set()
        self.functions: dict[str, FunctionState] = {}
        self.new_roles: set[str] = set()  # not known to Lambda yet
        self.uploaded_bytes = 0
        self._asked_by = ""  # the kind of service that is asked now, for the shape of its errors
        self._serve_functions()
        for method in ("GET", "HEAD", "PUT", "POST", "DELETE"):
            self.route(method, "{path*}", self._other)

    def _serve_functions(self) -> None:
        one = f"{_FUNCTIONS}/{{name}}"
        self.route("POST", _FUNCTIONS, self._create)
        self.route("GET", one, self._look)
        self.route("DELETE", one, self._delete)
        self.route("GET", f"{one}/configuration", self._configuration)
        self.route("PUT", f"{one}/configuration", self._change_settings)
        self.route("PUT", f"{one}/code", self._change_code)
        self.route("POST", f"{one}/versions", self._publish)
        self.route("GET", f"{one}/versions", self._versions)
        self.route("POST", f"{one}/aliases", self._alias)
        self.route("PUT", f"{one}/aliases/{{alias}}", self._alias)
        self.route("POST", f"{one}/policy", self._permit)
        self.route("POST", f"{one}/invocations", self._invoke)
        self.route("POST", "/2021-10-31/functions/{name}/url", self._open_url)
        self.route("GET", "/2021-10-31/functions/{name}/url", self._url)

    def answered(self, asked: Asked) -> Answer | None:
        with self.lock:
            found = re.search(r"Credential=[^/]+/\d+/[^/]+/(\w+)/", asked.headers.get("authorization", ""))
            self._asked_by = found[1] if found else ""
            return super().answered(asked)

    def admit(self, asked: Asked) -> None:
        found = re.search(r"Credential=([^/]+)/", asked.headers.get("authorization", ""))
        if not found or found[1] not in self.keys:
            raise self._refused(403, "InvalidClientTokenId", "The security token included in the request is invalid.")

    def fault_content(self, status: int) -> Any:
        return self._error(_CODES.get(status, "InternalFailure"), "injected")

    def agent_at(self, hostname: str) -> Agent | None:
        with self.lock:
            at = [
                (one, alias) for one in self.functions.values() for alias, host in one.urls.items() if host == hostname
            ]
            drawn = [one.drawn(alias) for one, alias in at if one.is_public(alias)]
        return drawn[0].running() if drawn else None

    def close(self) -> None:
        for function in self.functions.values():
            function.stop()

    def _error(self, code: str, message: str) -> bytes:
        """Each service says it in its own way."""
        if self._asked_by == "s3":
            return f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
        if self._asked_by in ("iam", "sts"):
            error = f"<Type>Sender</Type><Code>{code}</Code><Message>{message}</Message>"
            return f"<ErrorResponse><Error>{error}</Error><RequestId>1</RequestId></ErrorResponse>".encode()
        return json.dumps({"__type": code, "code": code, "message": message}).encode()

    def _refused(self, status: int, code: str, message: str) -> RefusalError:
        return RefusalError(status, self._error(code, message))

    def _pass(self, asked: Asked, body: bytes | None = None) -> Answer:
        """What moto makes of it; its refusals are the answer."""
        content = asked.body if body is None else body
        found = passed_on(asked.method, asked.path, asked.query, asked.headers, content)
        headers = {name: value for name, value in found.headers.items() if name not in _HOP}
        answer = Answer(found.content, found.status_code, headers)
        if found.status_code >= 400:
            raise RefusalError(answer.status, answer.content, headers)
        return answer

    def _passed(self, asked: Asked, body: Any = None) -> dict[str, Any]:
        answer = self._pass(asked, None if body is None else json.dumps(body).encode())
        found: dict[str, Any] = json.loads(answer.content) if answer.content else {}
        return found

    def _function(self, asked: Asked) -> FunctionState:
        name = asked.parameters["name"]
        if name not in self.functions:
            raise gone(f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}")
        return self.functions[name]

    def _create(self, asked: Asked) -> Answer:
        body = asked.json
        name, role = body["FunctionName"], body["Role"].rpartition("/")[2]
        if name in self.functions:
            raise conflict(f"Function already exist: {name}")
        if role in self.new_roles:
            self.new_roles.remove(role)
            raise invalid("The role defined for the function cannot be assumed by Lambda.")
        check_variables(body)
        files = self._code(body["Code"])
        shown = self._passed(asked)
        self.functions[name] = state = FunctionState(name, self.folder, files)
        return Answer({**shown, "State": "Pending", "RevisionId": state.revision}, 201)

    def _code(self, given: dict[str, Any]) -> dict[str, bytes]:
        found = directly("s3").get_object(Bucket=given["S3Bucket"], Key=given["S3Key"])
        return unzipped(found["Body"].read())

    def _look(self, asked: Asked) -> Answer:
        function, shown = self._function(asked), self._passed(asked)
        if "lambda:ListTags" in self.denied:
            message = "User is not authorized to perform: lambda:ListTags"
            shown = {**shown, "Tags": {}, "TagsError": {"ErrorCode": "AccessDenied", "Message": message}}
        return Answer({**shown, "Configuration": function.seen(shown["Configuration"])})

    def _configuration(self, asked: Asked) -> Answer:
        function = self._function(asked)
        return Answer(function.seen(self._passed(asked)))

    def _change_settings(self, asked: Asked) -> Answer:
        function = self._function(asked)
        check_variables(asked.json)
        function.change(asked.json)
        return Answer(self._passed(asked) | {"LastUpdateStatus": "InProgress", "RevisionId": function.revision})

    def _change_code(self, asked: Asked) -> Answer:
        function = self._function(asked)
        files = self._code(asked.json)
        function.change(asked.json)
        function.files = files
        return Answer(self._passed(asked) | {"LastUpdateStatus": "InProgress", "RevisionId": function.revision})

    def _publish(self, asked: Asked) -> Answer:
        function, body = self._function(asked), asked.json
        function.must_be_settled()
        function.must_be_revision(body)
        shown = self._passed(asked, {name: value for name, value in body.items() if name != "RevisionId"})
        if body.get("CodeSha256", shown["CodeSha256"]) != shown["CodeSha256"]:
            raise invalid("CodeSHA256 is different")
        function.publish(shown["Version"], shown.get("Environment", {}).get("Variables", {}))
        return Answer(shown, 201)

    def _delete(self, asked: Asked) -> Answer:
        function, version = self._function(asked), asked.query.get("Qualifier")
        if version and any(version in shares for shares in function.aliases.values()):
            raise conflict("Version is referenced by an alias")
        if version and version not in function.versions:
            raise gone(f"{function.name}:{version}")
        if version:  # moto keeps it: it would give its number to the next one
            function.versions.pop(version).stop()
        else:
            self._pass(asked)
            self.functions.pop(function.name).stop()
        return Answer(status=204)

    def _versions(self, asked: Asked) -> Answer:
        function, shown = self._function(asked), self._passed(asked)
        kept = [one for one in shown["Versions"] if one["Version"] in {"$LATEST", *function.versions}]
        return Answer({**shown, "Versions": kept})

    def _alias(self, asked: Asked) -> Answer:
        """Made or changed: moto knows which of them is possible."""
        function, body = self._function(asked), asked.json
        alias = asked.parameters.get("alias") or body["Name"]
        if "alias" in asked.parameters and alias not in function.aliases:
            raise gone(f"{function.name}:{alias}")
        if "alias" not in asked.parameters and alias in function.aliases:
            raise conflict(f"Alias already exists: {alias}")
        weights = (body.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        function.point(alias, body["FunctionVersion"], weights)
        return Answer(self._passed(asked), 200 if "alias" in asked.parameters else 201)

    def _permit(self, asked: Asked) -> Answer:
        self._function(asked).permit(asked.query.get("Qualifier", ""), asked.json)
        return Answer({"Statement": json.dumps(asked.json)}, 201)

    def _open_url(self, asked: Asked) -> Answer:
        function, alias = self._function(asked), asked.query["Qualifier"]
        function.open(alias)
        return Answer(self._shown_url(function, alias), 201)

    def _url(self, asked: Asked) -> Answer:
        function, alias = self._function(asked), asked.query["Qualifier"]
        if alias not in function.urls:
            raise gone(f"{function.name}:{alias}")
        return Answer(self._shown_url(function, alias))

    def _shown_url(self, function: FunctionState, alias: str) -> dict[str, Any]:
        return {
            "FunctionUrl": f"https://{function.urls[alias]}/",
            "FunctionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function.name}:{alias}",
            "AuthType": "NONE",
            "InvokeMode": "RESPONSE_STREAM",
            "CreationTime": "2026-01-01T00:00:00.000Z",
        }

    def _invoke(self, asked: Asked) -> Answer:
        function, version = self._function(asked), asked.query.get("Qualifier", "")
        if version not in function.versions:
            raise gone(f"{function.name}:{version}")
        payload, failed = function.versions[version].invoked(asked.json)
        return Answer(payload, 200, {"X-Amz-Function-Error": "Unhandled"} if failed else {})

    def _other(self, asked: Asked) -> Answer:
        """S3, and what speaks to the one address: IAM, STS, the log."""
        if asked.method == "PUT" and asked.path.count("/") > 1:
            self.uploaded_bytes += len(asked.body)
        if asked.headers.get("x-amz-target", "").endswith(".FilterLogEvents"):
            name = asked.json["logGroupName"].rpartition("/")[2]
            events = self.functions[name].log() if name in self.functions else []
            return Answer({"events": [one for one in events if one["timestamp"] >= asked.json["startTime"]]})
        action = _first(asked, "Action") if self._asked_by in ("iam", "sts") else ""
        if action == "SimulatePrincipalPolicy":
            return Answer(self._simulated(asked))
        if action == "AssumeRole":
            return self._assume(asked)
        answer = self._pass(asked)
        if action == "CreateRole":
            self.new_roles.add(_first(asked, "RoleName"))
        return answer

    def _assume(self, asked: Asked) -> Answer:
        role = _first(asked, "RoleArn")
        if role not in self.trusted or self.trusted[role] != _first(asked, "ExternalId"):
            message = f"User: arn:aws:iam::{ACCOUNT}:user/tester is not authorized to perform: sts:AssumeRole"
            raise self._refused(403, "AccessDenied", message)
        answer = self._pass(asked)
        found = re.search(r"<AccessKeyId>(\w+)<", answer.content.decode())
        self.keys |= {found[1]} if found else set()
        return answer

    def _simulated(self, asked: Asked) -> bytes:
        said = parse_qs(asked.body.decode())
        actions = [values[0] for name, values in said.items() if name.startswith("ActionNames.member.")]
        members = "".join(
            f"<member><EvalActionName>{one}</EvalActionName><EvalResourceName>*</EvalResourceName>"
            f"<EvalDecision>{'implicitDeny' if one in self.denied else 'allowed'}</EvalDecision></member>"
            for one in actions
        )
        result = f"<EvaluationResults>{members}</EvaluationResults><IsTruncated>false</IsTruncated>"
        inner = f"<SimulatePrincipalPolicyResult>{result}</SimulatePrincipalPolicyResult>"
        return f"<SimulatePrincipalPolicyResponse>{inner}</SimulatePrincipalPolicyResponse>".encode()


def _first(asked: Asked, name: str) -> str:
    return parse_qs(asked.body.decode()).get(name, [""])[0]
