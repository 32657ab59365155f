"""The account at AWS: what is entered for it, and whether it may do what is needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from clients.aws import Aws, AwsKeys
from clients.aws_places import Caller, caller, denied_actions
from deployments.platforms.cloud import AccountCheck, CredentialField

_ACTIONS: Final = {
    "lambda": "GetFunction ListTags GetFunctionConfiguration CreateFunction TagResource UpdateFunctionCode "
    "UpdateFunctionConfiguration PublishVersion ListVersionsByFunction GetAlias CreateAlias UpdateAlias "
    "InvokeFunction AddPermission GetFunctionUrlConfig CreateFunctionUrlConfig DeleteFunction",
    "iam": "GetRole CreateRole TagRole PutRolePolicy PassRole DeleteRolePolicy DeleteRole",
    "s3": "CreateBucket PutBucketTagging GetBucketTagging ListBucket GetObject PutObject DeleteObject DeleteBucket",
    "logs": "CreateLogGroup TagResource PutRetentionPolicy ListTagsForResource FilterLogEvents DeleteLogGroup",
}
#: What a policy has to allow; docs/aws.md has it as one.
NEEDED: Final = tuple(f"{service}:{name}" for service, names in _ACTIONS.items() for name in names.split())
CREDENTIALS: Final = (
    CredentialField("access_key_id", "Access key id", "Of an IAM user for this installation alone.", is_secret=False),
    CredentialField("secret_access_key", "Secret access key", "Shown once, when the key is made."),
    CredentialField("session_token", "Session token", "Only with keys that end by themselves.", is_required=False),
    CredentialField(
        "role_arn",
        "Role to assume",
        "The user then needs sts:AssumeRole and no more; credentials of an hour are used.",
        is_secret=False,
        is_required=False,
    ),
    CredentialField("external_id", "External id", "What the role's trust policy asks for.", is_required=False),
    CredentialField("region", "Region", "Where services are that name none.", is_secret=False, is_required=False),
)


def keys_of(credential: Mapping[str, str]) -> AwsKeys:
    return AwsKeys(
        credential["access_key_id"],
        credential["secret_access_key"],
        credential.get("session_token", ""),
        credential.get("role_arn", ""),
        credential.get("external_id", ""),
    )


def checked(aws: Aws) -> AccountCheck:
    who = caller(aws)
    can = ("make functions", "publish versions", "share traffic by percentage", "read logs")
    denied = None if who.arn.endswith(":root") else denied_actions(aws, _policy_source(who), NEEDED)
    missing = (f"Its policies do not allow {', '.join(denied)}.",) if denied else ()
    return AccountCheck(who.account, who.arn.rpartition(":")[2], can, missing)


def _policy_source(who: Caller) -> str:
    """The role behind a session: that is what has policies."""
    kind, _, rest = who.arn.rpartition(":")[2].partition("/")
    name = rest.partition("/")[0]
    return f"arn:{who.partition}:iam::{who.account}:role/{name}" if kind == "assumed-role" else who.arn
