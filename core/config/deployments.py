"""deployment.yml, or `deployments` of dexto.config: the destinations of a project."""

from typing import Annotated, Any, Literal, Self

from pydantic import AliasChoices, ConfigDict, Field, model_validator

from core.config.base import FreeForm, KebabId, Model, custom_error
from core.errors import ProjectError
from core.targets import PLATFORMS, Platform, Target

TargetName = Literal["nodejs", "cloudflare", "lambda", "vercel"]
PlatformName = Literal["local", "cloudflare", "aws", "vercel", "railway", "render", "fly", "heroku"]


def _both_names(schema: dict[str, Any]) -> None:
    """The alias is the reader's; an editor knows only what the schema lists."""
    schema["properties"]["environment"] = schema["properties"]["env"]


class Destination(Model):
    """One named deployment. `env` may also be written `environment`."""

    model_config = ConfigDict(json_schema_extra=_both_names)

    name: Annotated[KebabId, Field(description="Unique in the project.")]
    target: Annotated[TargetName, Field(description="The kind of bundle.")]
    platform: Annotated[PlatformName | None, Field(description="Where it runs; left out, the usual one.")] = None
    env: Annotated[
        Literal["production", "preview", "development"],
        Field(validation_alias=AliasChoices("env", "environment")),
    ] = "production"
    branches: Annotated[
        list[str], Field(description="Patterns of the branches that go here; left out, the environment's own.")
    ] = []
    agent: Annotated[str | None, Field(description="The agent's id; left out, the entry agent.")] = None
    account: Annotated[str | None, Field(description="The team's account at the platform; left out, its only one.")] = (
        None
    )
    may_fail: Annotated[bool, Field(description="A push is good without it.")] = False
    config: FreeForm = {}

    @model_validator(mode="after")
    def _platform_runs_target(self) -> Self:
        if self.platform and self.platform not in PLATFORMS[Target(self.target)]:
            raise custom_error(_mismatch(Target(self.target), self.platform))
        return self


class DeploymentFile(Model):
    """The whole of deployment.yml."""

    deployments: Annotated[list[Destination], Field(min_length=1)]


#: What a project without the file has.
DEFAULT_DESTINATION = Destination.model_validate(
    {"name": "default", "target": Target.NODEJS.value, "platform": Platform.LOCAL.value}
)


def _mismatch(target: Target, platform: str) -> ProjectError:
    known = ", ".join(PLATFORMS[target])
    return ProjectError(
        "platform_mismatch",
        f"The platform {platform} does not run bundles for {target}",
        f"Platforms for {target}: {known}.",
    )
