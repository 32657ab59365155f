"""Where a service is at AWS, and what stands beside its function: role, bucket for its code, group for its log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Final, Literal

from pydantic import Field

from clients.aws import Aws
from clients.aws_lambda import Function, Lambda
from clients.aws_places import Bucket, Caller, LogGroup, Role, caller
from core.config.base import KEBAB, Model
from core.errors import UserError
from deployments.platforms.cloud import Memory

#: What serves; its URL is the service's address.
LIVE: Final = "live"
REGION: Final = r"^[a-z]{2}(-[a-z]+)+-[0-9]$"


class AwsConfig(Model):
    """`config` of a destination on AWS. `memory` is MB, `timeout` seconds."""

    name: Annotated[str, Field(pattern=KEBAB, max_length=54)] | None = None
    region: Annotated[str, Field(pattern=REGION)] | None = None
    memory: Annotated[int, Field(ge=128, le=10_240)] = 1024
    timeout: Annotated[int, Field(ge=1, le=900)] = 300
    architecture: Literal["x86_64", "arm64"] = "x86_64"
    role_arn: Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$")] | None = None
    bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")] | None = None
    log_days: Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731] = 30


@dataclass(frozen=True, slots=True)
class Site:
    aws: Aws
    config: AwsConfig
    name: str
    mark: str

    @property
    def function(self) -> Lambda:
        return Lambda(self.aws, self.name)

    @property
    def role(self) -> Role:
        return Role(self.aws, f"{self.name}-role")

    @property
    def log_group(self) -> str:
        return f"/aws/lambda/{self.name}"


def noted(memory: Memory) -> tuple[str, str]:
    """Region and name of where the service was made, "" where it was not yet."""
    region, _, name = memory.service.get("site").partition(" ")
    return region, name


def note(site: Site, memory: Memory, wanted: tuple[str, str]) -> None:
    """Raises UserError where the destination's config now says another place than the one where it is."""
    place = (site.aws.region, site.name)
    if place != wanted:
        raise UserError(
            "destination_config_invalid",
            f"config: the service is {site.name} in {site.aws.region}; its region and name cannot change.",
            "Delete the service first, or make another destination.",
        )
    if noted(memory) != place:
        memory.service.put(site=" ".join(place))


def owned(site: Site) -> Function | None:
    """None where there is no function. Raises UserError where it is somebody else's."""
    function = site.function.look()
    if function is not None and function.mark != site.mark:
        raise _taken(f"AWS has a function {site.name}")
    return function


def ours(site: Site) -> Function | None:
    function = site.function.look()
    return function if function and function.mark == site.mark else None


def prepared(site: Site, memory: Memory) -> str:
    """The role's full name, once everything is there that the function needs."""
    owner = _owner(site, memory)
    LogGroup(site.aws, site.log_group, owner).create(site.mark, site.config.log_days)
    if site.config.bucket is None:
        _make_bucket(site, memory)
    return site.config.role_arn or _made_role(site)


def bucket_of(site: Site, memory: Memory) -> tuple[Bucket, str]:
    """And what the names in it begin with: the code alone is in one of our own."""
    if site.config.bucket:
        return Bucket(site.aws, site.config.bucket), _prefix(site)
    return _own_bucket(site, memory), ""


def _own_bucket(site: Site, memory: Memory) -> Bucket:
    """Names of buckets are one space for all of AWS."""
    account = _owner(site, memory).account
    told_apart = sha256(f"{account}:{site.aws.region}:{site.name}".encode()).hexdigest()[:8]
    return Bucket(site.aws, f"{site.name}-{told_apart}")


def _prefix(site: Site) -> str:
    return f"dexto-cloud/{site.name}/"


def missing(site: Site, memory: Memory) -> Iterator[str]:
    """What should stand beside the function and does not, in words."""
    if site.config.role_arn is None and site.role.mark() is None:
        yield f"The role {site.role.name} is gone: the function cannot run."
    if site.config.bucket is None:
        bucket = _own_bucket(site, memory)
        if bucket.mark() is None:
            yield f"The bucket {bucket.name} is gone."


def remove(site: Site, memory: Memory) -> None:
    """What carries our mark of what stands beside the function."""
    if site.role.mark() == site.mark:
        site.role.delete()
    group = LogGroup(site.aws, site.log_group, _owner(site, memory))
    if group.mark() == site.mark:
        group.delete()
    if site.config.bucket:
        Bucket(site.aws, site.config.bucket).empty(_prefix(site))
    bucket = _own_bucket(site, memory)
    if _is_ours(bucket, site, memory):
        bucket.delete()


def _owner(site: Site, memory: Memory) -> Caller:
    if account := memory.service.get("account"):
        return Caller(account, memory.service.get("arn"))
    owner = caller(site.aws)
    memory.service.put(account=owner.account, arn=owner.arn)
    return owner


def _made_role(site: Site) -> str:
    arn = site.role.create(site.mark)
    if arn is None:
        if site.role.mark() != site.mark:
            raise _taken(f"AWS has a role {site.role.name}")
        arn = site.role.arn()
    site.role.allow_log(site.log_group)
    return arn


def _make_bucket(site: Site, memory: Memory) -> None:
    bucket = _own_bucket(site, memory)
    mark = _unless_strangers(bucket.mark, bucket.name)
    if mark == site.mark:
        return
    if mark is None:
        memory.service.put(bucket=bucket.name)
        if not bucket.create():
            raise _taken(f"AWS has a bucket {bucket.name}")
    elif memory.service.get("bucket") != bucket.name:
        raise _taken(f"AWS has a bucket {bucket.name}")
    bucket.put_mark(site.mark)


def _is_ours(bucket: Bucket, site: Site, memory: Memory) -> bool:
    """Marked, or made a moment before it could be."""
    try:
        mark = bucket.mark()
    except UserError:
        return False
    return mark == site.mark or (mark == "" and memory.service.get("bucket") == bucket.name)


def _unless_strangers(look: Callable[[], str | None], name: str) -> str | None:
    try:
        return look()
    except UserError as error:
        if error.code == "credential_refused":
            raise _taken(f"AWS has a bucket {name}") from error
        raise


def _taken(sentence: str) -> UserError:
    return UserError(
        "service_name_taken",
        f"{sentence} that this installation did not make.",
        "Set config.name to another name, or delete it at AWS.",
    )
