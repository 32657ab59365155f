"""What a destination's config may say for cloudflare."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.errors import UserError
from deployments.platforms.cloud import Service

_Name = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
_Bucket = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$")]
_Id = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]

CONFIG: Final = {
    "account_id": "The account, where the token reaches several.",
    "name": "The production Worker's name, in place of one that is made up; previews keep their own.",
    "bucket": "An R2 bucket for production's texts and archives. One that is there already is used, and never deleted.",
    "bucket_location": "Where a bucket is made: apac, eeur, enam, weur or wnam.",
    "cpu_ms": "How long one request may compute, in milliseconds.",
    "keeps": "Names of bindings that were set in Cloudflare's dashboard and stay with each release.",
    "customers_zone": "The id of the zone by which hostnames of other owners get their certificates (SSL for SaaS).",
    "dispatch_namespace": "A namespace of Workers for Platforms, for many agents on one account.",
    "dispatch_address": "Where its dispatcher answers for a Worker, such as https://{name}.agents.example.com.",
}


class CloudflareConfig(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    account_id: _Id | Literal[""] = ""
    name: _Name | Literal[""] = ""
    bucket: _Bucket | Literal[""] = ""
    bucket_location: Literal["", "apac", "eeur", "enam", "weur", "wnam"] = ""
    cpu_ms: Annotated[int, Field(ge=1, le=300_000)] | None = None
    keeps: list[str] = []
    customers_zone: _Id | Literal[""] = ""
    dispatch_namespace: _Name | Literal[""] = ""
    dispatch_address: Annotated[str, Field(pattern=r"^https?://[^/]*\{name\}[^/]*$")] | Literal[""] = ""

    @model_validator(mode="after")
    def _dispatch_is_whole(self) -> CloudflareConfig:
        if bool(self.dispatch_namespace) != bool(self.dispatch_address):
            raise ValueError("dispatch_namespace and dispatch_address go together")
        return self


def config_of(service: Service) -> CloudflareConfig:
    """Raises UserError destination_config_invalid, which names the key."""
    try:
        return CloudflareConfig.model_validate(dict(service.config))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = str(first["loc"][0]) if first["loc"] else "config"
        known = CONFIG.get(key, f"Known are {', '.join(CONFIG)}.")
        raise UserError("destination_config_invalid", f"{key} of the destination: {first['msg']}.", known) from error
