"""Functions of AWS Lambda: code, versions, aliases, their URLs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from clients.aws import Aws
from clients.vendor_api import VendorRefusedError, bounded
from core.errors import PlatformError, UserError

#: The tag that carries the mark, on everything that is made at AWS.
MARK: Final = "dexto-cloud"
_GONE: Final = frozenset({"ResourceNotFoundException"})
_CONFLICT: Final = frozenset({"ResourceConflictException"})
_HEALTH_EVENT: Final = {
    "version": "2.0",
    "routeKey": "$default",
    "rawPath": "/health",
    "rawQueryString": "",
    "headers": {"host": "health", "accept": "application/json"},
    "requestContext": {
        "accountId": "anonymous",
        "apiId": "health",
        "domainName": "health",
        "http": {"method": "GET", "path": "/health", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": ""},
        "requestId": "health",
        "stage": "$default",
        "timeEpoch": 0,
    },
    "isBase64Encoded": False,
}


@dataclass(frozen=True, slots=True)
class FunctionSettings:
    """What of a function is frozen into its versions, beside its code."""

    role: str
    runtime: str
    handler: str
    memory: int
    timeout: int
    description: str
    variables: Mapping[str, str] = field(repr=False)

    def as_asked(self) -> dict[str, Any]:
        return {
            "Role": self.role,
            "Runtime": self.runtime,
            "Handler": self.handler,
            "MemorySize": self.memory,
            "Timeout": self.timeout,
            "Description": self.description,
            "Environment": {"Variables": dict(self.variables)},
        }


@dataclass(frozen=True, slots=True)
class Function:
    """As it stands. `is_settled`: no change is under way; `reason` is why the last one failed, `revision` tells states
    apart."""

    settings: FunctionSettings
    architecture: str
    code_sha256: str
    revision: str
    is_settled: bool
    reason: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class StoredCode:
    bucket: str
    key: str
    architecture: str

    def as_asked(self) -> dict[str, Any]:
        return {"S3Bucket": self.bucket, "S3Key": self.key}


class Lambda:
    """One function by its name, and what belongs to it."""

    def __init__(self, aws: Aws, name: str) -> None:
        self._aws = aws
        self.name = name

    def look(self) -> Function | None:
        """None where there is none. Raises UserError where its tags may not be read: they say whose it is."""
        found = self._ask("get_function", none_for=_GONE)
        if found is None:
            return None
        if error := found.get("TagsError"):
            said = f"AWS does not show the tags of {self.name}: {bounded(error.get('Message', ''))}"
            raise UserError("credential_refused", said, "Allow lambda:ListTags in the account's policy.")
        return _function(found["Configuration"], found.get("Tags", {}))

    def configuration(self) -> Function:
        return _function(self._aws.must("lambda", "get_function_configuration", FunctionName=self.name), {})

    def create(self, settings: FunctionSettings, code: StoredCode, mark: str) -> bool:
        """False where it is there already. Raises RoleNotReadyError."""
        try:
            made = self._ask(
                "create_function",
                none_for=_CONFLICT,
                **settings.as_asked(),
                Code=code.as_asked(),
                Architectures=[code.architecture],
                Tags={MARK: mark},
            )
        except VendorRefusedError as error:
            if "cannot be assumed by Lambda" in error.refusal.sentence:
                raise RoleNotReadyError("vendor_failed", "AWS does not know the new role yet.") from error
            raise
        return made is not None

    def change_code(self, code: StoredCode) -> bool:
        """False while another change is under way."""
        architectures = [code.architecture]
        return self._changed("update_function_code", **code.as_asked(), Architectures=architectures)

    def change_settings(self, settings: FunctionSettings) -> bool:
        """False while another change is under way."""
        return self._changed("update_function_configuration", **settings.as_asked())

    def publish(self, code_sha256: str, revision: str) -> str:
        """The version's number; "" where the function was changed meanwhile."""
        refused = _CONFLICT | {"PreconditionFailedException"}
        found = self._ask("publish_version", none_for=refused, CodeSha256=code_sha256, RevisionId=revision)
        return str(found["Version"]) if found else ""

    def versions(self) -> Iterator[tuple[str, str]]:
        """Number and description of each."""
        more: dict[str, str] = {}
        while True:
            found = self._ask("list_versions_by_function", none_for=_GONE, **more) or {}
            for one in found.get("Versions", ()):
                if one["Version"] != "$LATEST":
                    yield str(one["Version"]), one.get("Description", "")
            if not found.get("NextMarker"):
                return
            more = {"Marker": found["NextMarker"]}

    def delete_version(self, version: str) -> None:
        self._ask("delete_function", none_for=_GONE, Qualifier=version)

    def delete(self) -> None:
        self._ask("delete_function", none_for=_GONE)

    def unhealthy_because(self, version: str) -> str | None:
        """What it says to a request for /health, "" where it is well, None where there is no such version.

        Invoked and not asked over HTTP: only an alias has a URL, and this version has none yet.
        """
        payload = json.dumps(_HEALTH_EVENT).encode()
        try:
            found = self._ask("invoke", none_for=_GONE, Qualifier=version, Payload=payload)
        except VendorRefusedError as error:
            if error.refusal.code in _CONFLICT:
                return "AWS is not done with it"
            raise
        if found is None:
            return None
        said = found["Payload"].read().decode(errors="replace")
        if found.get("FunctionError"):
            return _function_error(said)
        prelude = _json(said.partition("\0")[0])
        status = prelude.get("statusCode", 200)
        return "" if status == 200 else f"/health answered {status}"

    def shares(self, alias: str) -> dict[str, int] | None:
        """Percent of the requests by version; None where there is no such alias."""
        found = self._ask("get_alias", none_for=_GONE, Name=alias)
        if found is None:
            return None
        more = (found.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        others = {str(version): round(weight * 100) for version, weight in more.items()}
        return {str(found["FunctionVersion"]): 100 - sum(others.values()), **others}

    def point(self, alias: str, version: str, others: Mapping[str, int]) -> bool:
        """Makes the alias serve this version, others with so many percent each. False where one is no longer there."""
        weights = {one: percent / 100 for one, percent in others.items()}
        wanted = {
            "Name": alias,
            "FunctionVersion": version,
            "RoutingConfig": {"AdditionalVersionWeights": weights},
        }
        for _round in range(2):  # made meanwhile, or by a call whose answer was lost: then it is changed after all
            if self._ask("update_alias", none_for=_GONE, **wanted):
                return True
            if self._ask("create_alias", none_for=_GONE | _CONFLICT, **wanted):
                return True
        return False

    def url(self, alias: str) -> str:
        """ "" where the alias has none."""
        found = self._ask("get_function_url_config", none_for=_GONE, Qualifier=alias)
        return str(found["FunctionUrl"]).rstrip("/") if found else ""

    def open_url(self, alias: str) -> None:
        """Callers need no key of AWS: agents guard themselves. Both permissions are needed."""
        self._ask(
            "create_function_url_config",
            none_for=_CONFLICT,
            Qualifier=alias,
            AuthType="NONE",
            InvokeMode="RESPONSE_STREAM",
        )
        everyone = {"Principal": "*", "Qualifier": alias, "none_for": _CONFLICT}
        self._ask(
            "add_permission",
            StatementId="url",
            Action="lambda:InvokeFunctionUrl",
            FunctionUrlAuthType="NONE",
            **everyone,
        )
        self._ask(
            "add_permission",
            StatementId="invoke-by-url",
            Action="lambda:InvokeFunction",
            InvokedViaFunctionUrl=True,
            **everyone,
        )

    def _changed(self, operation: str, **parameters: Any) -> bool:
        return self._ask(operation, none_for=_CONFLICT, **parameters) is not None

    def _ask(self, operation: str, **parameters: Any) -> dict[str, Any] | None:
        return self._aws.ask("lambda", operation, FunctionName=self.name, **parameters)


class RoleNotReadyError(PlatformError):
    """A role that was just made is known everywhere some seconds later."""


def _function(found: Mapping[str, Any], tags: Mapping[str, str]) -> Function:
    settings = FunctionSettings(
        found["Role"],
        found.get("Runtime", ""),
        found.get("Handler", ""),
        found.get("MemorySize", 0),
        found.get("Timeout", 0),
        found.get("Description", ""),
        found.get("Environment", {}).get("Variables", {}),
    )
    state, change = found.get("State", "Active"), found.get("LastUpdateStatus", "Successful")
    failed = state == "Failed" or change == "Failed"
    reason = found.get("StateReason") or found.get("LastUpdateStatusReason") or "no reason was given"
    return Function(
        settings,
        next(iter(found.get("Architectures", ())), "x86_64"),
        found.get("CodeSha256", ""),
        found.get("RevisionId", ""),
        state != "Pending" and change != "InProgress",
        bounded(reason) if failed else "",
        tags.get(MARK, ""),
    )


def _function_error(payload: str) -> str:
    said = _json(payload)
    return bounded(f"{said.get('errorType', 'the function failed')}: {said.get('errorMessage', '')}".rstrip(": "))


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
