"""What a function needs beside it: a role to run as, a bucket for its code, a group for its log."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from clients.aws import Aws
from clients.aws_lambda import MARK
from clients.vendor_api import VendorRefusedError

_POLICY: Final = "write-its-log"
_TRUST: Final = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who the keys belong to: the account's number and the full name of the user or role."""

    account: str
    arn: str

    @property
    def partition(self) -> str:
        """`aws`, or that of China or of a government."""
        return self.arn.split(":")[1]


def caller(aws: Aws) -> Caller:
    found = aws.must("sts", "get_caller_identity")
    return Caller(found["Account"], found["Arn"])


def denied_actions(aws: Aws, arn: str, actions: tuple[str, ...]) -> tuple[str, ...] | None:
    """Which of the actions its policies do not allow; None where it may not ask that."""
    try:
        found = aws.must("iam", "simulate_principal_policy", PolicySourceArn=arn, ActionNames=list(actions))
    except VendorRefusedError:
        return None
    results = found.get("EvaluationResults", ())
    return tuple(one["EvalActionName"] for one in results if one["EvalDecision"] != "allowed")


class Role:
    """It may write the function's log, and nothing else."""

    def __init__(self, aws: Aws, name: str) -> None:
        self._aws = aws
        self.name = name

    def mark(self) -> str | None:
        """None where there is no such role."""
        found = self._aws.ask("iam", "get_role", none_for=frozenset({"NoSuchEntity"}), RoleName=self.name)
        return _mark(found["Role"].get("Tags", ())) if found else None

    def arn(self) -> str:
        return str(self._aws.must("iam", "get_role", RoleName=self.name)["Role"]["Arn"])

    def create(self, mark: str) -> str | None:
        """Its full name; None where there is one of this name already."""
        found = self._aws.ask(
            "iam",
            "create_role",
            none_for=frozenset({"EntityAlreadyExists"}),
            RoleName=self.name,
            AssumeRolePolicyDocument=json.dumps(_TRUST),
            Description="Runs an agent of Dexto Cloud.",
            Tags=[{"Key": MARK, "Value": mark}],
        )
        return str(found["Role"]["Arn"]) if found else None

    def allow_log(self, log_group: str) -> None:
        statement = {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": f"arn:*:logs:*:*:log-group:{log_group}:*",
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._aws.must("iam", "put_role_policy", RoleName=self.name, PolicyName=_POLICY, PolicyDocument=document)

    def delete(self) -> None:
        gone = frozenset({"NoSuchEntity"})
        self._aws.ask("iam", "delete_role_policy", none_for=gone, RoleName=self.name, PolicyName=_POLICY)
        self._aws.ask("iam", "delete_role", none_for=gone, RoleName=self.name)


class Bucket:
    def __init__(self, aws: Aws, name: str) -> None:
        self._aws = aws
        self.name = name

    def mark(self) -> str | None:
        """ "" where it carries none, None where there is no such bucket. Raises VendorRefusedError for a stranger's."""
        try:
            found = self._ask("get_bucket_tagging", none_for=frozenset({"NoSuchBucket"}))
        except VendorRefusedError as error:
            if error.refusal.code == "NoSuchTagSet":
                return ""
            raise
        return _mark(found.get("TagSet", ())) if found else None

    def create(self) -> bool:
        """False where somebody else has one of this name."""
        region = self._aws.region
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        try:
            self._ask("create_bucket", none_for=frozenset({"BucketAlreadyOwnedByYou"}), **place)
        except VendorRefusedError as error:
            if error.refusal.code == "BucketAlreadyExists":
                return False
            raise
        return True

    def put_mark(self, mark: str) -> None:
        self._ask("put_bucket_tagging", Tagging={"TagSet": [{"Key": MARK, "Value": mark}]})

    def holds(self, key: str) -> bool:
        return self._ask("head_object", none_for=frozenset({"404", "NoSuchKey", "NotFound"}), Key=key) is not None

    def put(self, key: str, content: bytes) -> None:
        """What is there under this name is the same content: the name is made of it."""
        self._ask(
            "put_object",
            none_for=frozenset({"PreconditionFailed"}),
            Key=key,
            Body=content,
            ContentType="application/zip",
            IfNoneMatch="*",
        )

    def empty(self, prefix: str = "") -> None:
        gone = frozenset({"NoSuchBucket"})
        while found := self._ask("list_objects_v2", none_for=gone, Prefix=prefix):
            keys = [{"Key": one["Key"]} for one in found.get("Contents", ())]
            if not keys:
                return
            self._ask("delete_objects", none_for=gone, Delete={"Objects": keys, "Quiet": True})

    def delete(self) -> None:
        self.empty()
        self._ask("delete_bucket", none_for=frozenset({"NoSuchBucket"}))

    def _ask(self, operation: str, **parameters: Any) -> dict[str, Any] | None:
        return self._aws.ask("s3", operation, Bucket=self.name, **parameters)


@dataclass(frozen=True, slots=True)
class LogEvent:
    at: datetime
    text: str
    id: str


class LogGroup:
    def __init__(self, aws: Aws, name: str, owner: Caller) -> None:
        self._aws = aws
        self.name = name
        self._arn = f"arn:{owner.partition}:logs:{aws.region}:{owner.account}:log-group:{name}"

    def create(self, mark: str, days: int) -> None:
        """One that is there already, such as Lambda's own, stays as it is."""
        exists = frozenset({"ResourceAlreadyExistsException"})
        made = self._aws.ask("logs", "create_log_group", none_for=exists, logGroupName=self.name, tags={MARK: mark})
        if made is not None or self.mark() == mark:
            self._aws.must("logs", "put_retention_policy", logGroupName=self.name, retentionInDays=days)

    def mark(self) -> str | None:
        gone = frozenset({"ResourceNotFoundException"})
        found = self._aws.ask("logs", "list_tags_for_resource", none_for=gone, resourceArn=self._arn)
        return str(found["tags"].get(MARK, "")) if found else None

    def delete(self) -> None:
        gone = frozenset({"ResourceNotFoundException"})
        self._aws.ask("logs", "delete_log_group", none_for=gone, logGroupName=self.name)

    def events(self, since: datetime) -> Iterator[LogEvent]:
        """Those from then on, by their time."""
        wanted: dict[str, Any] = {"logGroupName": self.name, "startTime": int(since.timestamp() * 1000)}
        while True:
            gone = frozenset({"ResourceNotFoundException"})
            found = self._aws.ask("logs", "filter_log_events", none_for=gone, **wanted) or {}
            for one in found.get("events", ()):
                at = datetime.fromtimestamp(one["timestamp"] / 1000, UTC)
                yield LogEvent(at, one["message"].rstrip("\n"), one["eventId"])
            if not found.get("nextToken"):
                return
            wanted["nextToken"] = found["nextToken"]


def _mark(tags: list[Mapping[str, str]]) -> str:
    return next((one["Value"] for one in tags if one["Key"] == MARK), "")
