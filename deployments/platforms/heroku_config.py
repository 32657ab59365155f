"""What a destination's config may say for heroku, and what an app is called there."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Final, Literal

from pydantic import Field

from core.config.base import Model
from deployments.platforms.cloud import Service

_Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,28}[a-z0-9]$")]
_LONGEST: Final = 30

CONFIG: Final = {
    "name": "Production's app, in place of a name that is made up; previews keep their own.",
    "team": "The team that owns the app; without it the account does.",
    "region": "us or eu.",
    "dyno": "The size of its dyno: eco sleeps when nobody asks; basic and larger ones never do.",
    "stack": "heroku-24, or another that runs what is linked with glibc 2.28.",
}


class HerokuConfig(Model):
    name: _Name | Literal[""] = ""
    team: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")] | Literal[""] = ""
    region: Literal["us", "eu"] = "us"
    dyno: Annotated[str, Field(pattern=r"^[a-z0-9-]{2,30}$")] = "eco"
    stack: Annotated[str, Field(pattern=r"^heroku-\d\d$")] = "heroku-24"


def app_name(service: Service, config: HerokuConfig) -> str:
    """Names are unique among all of Heroku's customers, begin with a letter, and have at most 30 characters."""
    if config.name and not service.is_preview:
        return config.name
    own = sha256(f"{service.mark} {service.name}".encode()).hexdigest()[:8]
    start = service.name if service.name[:1].isalpha() else f"a-{service.name}"
    return f"{start[: _LONGEST - len(own) - 1].rstrip('-')}-{own}"
