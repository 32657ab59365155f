"""Functions of the AWS of the tests, where moto stops: changes that take their time, URLs, versions that really run."""

from __future__ import annotations

import io
import json
import random
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import uuid4

import httpx

from builds.bundlers.aws_lambda import ENTRY
from core.targets import Target
from tests.fakes.vendor import PLAIN, Agent, RefusalError, unpacked
from tests.runtime.targets import wait_until

_VARIABLES_BYTES = 4096
_RESERVED = {"AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "_HANDLER"}


def refused(status: int, code: str, message: str) -> RefusalError:
    return RefusalError(status, {"Type": "User", "message": message}, {"x-amzn-ErrorType": code})


def gone(what: str) -> RefusalError:
    return refused(404, "ResourceNotFoundException", f"Function not found: {what}")


def invalid(message: str) -> RefusalError:
    return refused(400, "InvalidParameterValueException", message)


def conflict(message: str) -> RefusalError:
    return refused(409, "ResourceConflictException", message)


@dataclass
class RunVersion:
    """It starts when it is first called, and keeps the code and the variables that it was published with."""

    place: Path
    files: dict[str, bytes]
    variables: dict[str, str]
    is_pending: bool = True  # until the first call, which is refused
    agent: Agent | None = None
    starting: Lock = field(default_factory=Lock)
    invocations: list[str] = field(default_factory=list)

    def running(self) -> Agent:
        with self.starting:
            if self.agent is None:
                agent = self.agent = Agent(unpacked(self.place, Target.LAMBDA, ENTRY, self.files), self.variables)
                wait_until(lambda: agent.process.poll() is not None or _answers(agent.url), "it does not start")
        self.invocations.append(uuid4().hex)
        return self.agent

    def invoked(self, event: dict[str, Any]) -> tuple[bytes, bool]:
        """What a handler that streams gives to who does not: its prelude, the divider, its body. Whether it failed."""
        if self.is_pending:
            self.is_pending = False
            raise conflict("The operation cannot be performed at this time. The function is in the state Pending")
        http = event["requestContext"]["http"]
        try:
            answer = httpx.request(http["method"], self.running().url + event["rawPath"], timeout=30, verify=PLAIN)
        except httpx.TransportError:
            return _ended(), True
        if answer.status_code == 502:
            return _ended(), True
        prelude = {"statusCode": answer.status_code, "headers": dict(answer.headers)}
        return json.dumps(prelude).encode() + b"\0" * 8 + answer.content, False

    def stop(self) -> None:
        if self.agent:
            self.agent.stop()


@dataclass
class FunctionState:
    """`unsettled` says which field is not done yet, and for how many more looks."""

    name: str
    folder: Path
    files: dict[str, bytes]
    unsettled: tuple[str, int] = ("State", 2)
    revision: str = field(default_factory=lambda: str(uuid4()))
    versions: dict[str, RunVersion] = field(default_factory=dict)
    aliases: dict[str, dict[str, float]] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)  # by alias: the hostname
    statements: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)  # by alias, by id
    told: dict[str, int] = field(default_factory=dict)  # when each line of a log was first seen

    def change(self, body: dict[str, Any]) -> None:
        """Raises what AWS says while another change is under way."""
        self.must_be_settled()
        self.must_be_revision(body)
        self.unsettled, self.revision = ("LastUpdateStatus", 1), str(uuid4())

    def must_be_settled(self) -> None:
        if self.unsettled[1] > 0:
            raise conflict(f"The operation cannot be performed at this time. An update is in progress for: {self.name}")

    def must_be_revision(self, body: dict[str, Any]) -> None:
        if body.get("RevisionId", self.revision) != self.revision:
            raise refused(412, "PreconditionFailedException", "The RevisionId provided does not match the latest one")

    def seen(self, configuration: dict[str, Any]) -> dict[str, Any]:
        """As a look shows it, which brings what is under way a step further."""
        what, looks = self.unsettled
        shown = {**configuration, "RevisionId": self.revision}
        if looks <= 0:
            return shown
        self.unsettled = (what, looks - 1)
        self.revision = str(uuid4()) if looks == 1 else self.revision
        return {**shown, what: "Pending" if what == "State" else "InProgress"}

    def publish(self, version: str, variables: dict[str, str]) -> None:
        if version not in self.versions:
            place = self.folder / f"{self.name}-{version}"
            self.versions[version] = RunVersion(place, self.files, variables)

    def point(self, alias: str, version: str, weights: dict[str, float]) -> None:
        for one in (version, *weights):
            if one not in self.versions:
                raise gone(f"{self.name}:{one}")
        if version in weights or sum(weights.values()) >= 1 or len(weights) > 1:
            raise invalid("Weights are for one other version, and below 1")
        self.aliases[alias] = {version: 1 - sum(weights.values()), **weights}

    def open(self, alias: str) -> str:
        if alias not in self.aliases:
            raise gone(f"{self.name}:{alias}")
        if alias in self.urls:
            raise conflict("Failed to create function url config: it exists already")
        self.urls[alias] = f"{uuid4().hex}.lambda-url.us-east-1.on.aws"
        return self.urls[alias]

    def permit(self, alias: str, body: dict[str, Any]) -> None:
        statements = self.statements.setdefault(alias, {})
        if body["StatementId"] in statements:
            raise conflict(f"The statement id ({body['StatementId']}) provided already exists")
        statements[body["StatementId"]] = body

    def is_public(self, alias: str) -> bool:
        """Whom AWS lets in: both actions, for everybody."""
        statements = [one for one in self.statements.get(alias, {}).values() if one["Principal"] == "*"]
        by_url = any(one["Action"] == "lambda:InvokeFunctionUrl" for one in statements)
        invokes = any(
            one["Action"] == "lambda:InvokeFunction" and one.get("InvokedViaFunctionUrl") for one in statements
        )
        return by_url and invokes

    def drawn(self, alias: str) -> RunVersion:
        shares = self.aliases[alias]
        (version,) = random.choices(list(shares), weights=list(shares.values()))  # noqa: S311
        return self.versions[version]

    def log(self) -> list[dict[str, Any]]:
        now = time.time_ns() // 1_000_000
        events = []
        for number, version in self.versions.items():
            said = version.agent.log.splitlines() if version.agent else []
            started = [f"START RequestId: {one} Version: {number}" for one in version.invocations]
            for line, text in enumerate([*started, *said]):
                id_ = f"{number}-{line}-{hash(text)}"
                at = self.told.setdefault(id_, now)
                events.append({"logStreamName": number, "timestamp": at, "message": text, "eventId": id_})
        return events

    def stop(self) -> None:
        for version in self.versions.values():
            version.stop()


def unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if sum(one.file_size for one in packed.infolist()) > 262_144_000:
            raise invalid("Unzipped size must be smaller than 262144000 bytes")
        return {one.filename: packed.read(one) for one in packed.infolist()}


def check_variables(body: dict[str, Any]) -> None:
    variables = body.get("Environment", {}).get("Variables", {})
    if reserved := _RESERVED & set(variables):
        raise invalid(f"Lambda was unable to configure your environment variables: reserved keys {min(reserved)}")
    if sum(len(name) + len(value) for name, value in variables.items()) > _VARIABLES_BYTES:
        raise invalid("Lambda was unable to configure your environment variables: they exceeded the 4KB limit")


def _ended() -> bytes:
    return json.dumps({"errorType": "Runtime.ExitError", "errorMessage": "Runtime exited with error"}).encode()


def _answers(url: str) -> bool:
    try:
        httpx.get(f"{url}/health", timeout=10, verify=PLAIN)
    except httpx.TransportError:
        return False
    return True
