"""What all models share."""

from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from core.errors import DextoError
from core.uris import MODULE_SCHEMES, SCHEMES, parse


class Model(BaseModel):
    """Strict: no unknown key, no `"true"` for true. Keys are camelCase, as in the files."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        alias_generator=to_camel,
        allow_inf_nan=False,
        use_enum_values=True,
    )


class OpenModel(Model):
    """For entries whose further keys belong to whoever implements the `type`."""

    model_config = ConfigDict(extra="allow")


def custom_error(error: DextoError) -> PydanticCustomError:
    """An error of ours on its way through pydantic; core.structure takes it out again."""
    # The template is formatted: braces of the sentence must not be read as fields.
    return PydanticCustomError(
        error.code,
        "{sentence}",
        {"sentence": error.sentence, "next_step": error.next_step},
    )


def _uri(field: str, schemes: tuple[str, ...]) -> AfterValidator:
    def check(text: str) -> str:
        try:
            parse(text, field=field, schemes=schemes)
        except DextoError as error:
            raise custom_error(error) from error
        return text

    return AfterValidator(check)


_EXAMPLES = ["${{dexto.agent_dir}}/prompts/base.md", "s3://bucket/prompts/base.md"]

KEBAB = r"^[a-z0-9]+(-[a-z0-9]+)*$"
#: A JSON object whose keys belong to the person's own code.
FreeForm: TypeAlias = dict[str, Any]
Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=200)]
KebabId: TypeAlias = Annotated[str, Field(pattern=KEBAB, max_length=64)]
Milliseconds: TypeAlias = Annotated[int, Field(gt=0)]
Count: TypeAlias = Annotated[int, Field(gt=0)]
PromptUri: TypeAlias = Annotated[str, _uri("Prompt file", SCHEMES), Field(examples=_EXAMPLES)]
SystemPromptUri: TypeAlias = Annotated[str, _uri("System prompt file", SCHEMES), Field(examples=_EXAMPLES)]
PluginUri: TypeAlias = Annotated[str, _uri("Plugin module", MODULE_SCHEMES), Field(examples=_EXAMPLES[1:])]
StorageUri: TypeAlias = Annotated[str, _uri("Storage module", MODULE_SCHEMES), Field(examples=_EXAMPLES[1:])]
